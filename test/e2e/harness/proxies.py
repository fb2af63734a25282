# SPDX-License-Identifier: MIT
"""Debian's reverse proxies, in front of a daemon."""

import grp
import os
import pathlib
import pwd

from .process import Child, free_port, run

CONF = pathlib.Path(__file__).resolve().parents[3] / "conf"
MODULES = "/usr/lib/apache2/modules"


class Proxy:
    """`program` is started with `arguments` once its configuration is in `folder`; it is ready when
    it has said `ready`."""

    program = ""
    ready = ""

    def __init__(self, folder):
        self.folder = folder
        self.file = folder / f"{self.program}.conf"
        self.child = Child(self.program)

    @property
    def log(self):
        return self.child.log

    async def start(self, configuration):
        self.file.write_text(configuration)
        await self.child.start(f"/usr/sbin/{self.program}", *self.arguments())
        await self.child.wait_line(self.ready)
        return self

    async def stop(self):
        if self.child.running:
            await self.child.stop()


class HAProxy(Proxy):
    program = "haproxy"
    ready = "Loading success"  # said when its ports are open

    def arguments(self):
        return ["-W", "-db", "-f", self.file]

    async def start(self, ways):
        """`ways`: (port, server) each, the latter as haproxy has it: address and words."""
        parts = ["global", " log stdout format raw daemon", "defaults", " mode tcp", " log global"]
        parts += [f" timeout {what} 1m" for what in ("connect", "client", "server")]
        for port, server in ways:
            parts += [f"listen way{port}", f" bind 127.0.0.1:{port}", f" server rosterd {server}"]
        return await super().start("\n".join(parts) + "\n")


class WebProxy(Proxy):
    """Serves the example of conf/ as it stands, but for its names, ports and files; `changes` are
    further ones."""

    example = ""
    ways = {}  # what of the example stands for the port; {port} is the proxy's

    async def start(self, daemon, certificate, changes=()):
        self.port = free_port()
        replaced = {
            "/etc/ssl/certs/chat.example.org.crt": str(certificate.certificate),
            "/etc/ssl/private/chat.example.org.key": str(certificate.key),
            "chat.example.org": daemon.host,
            "127.0.0.1:5280": f"127.0.0.1:{daemon.http_port}",
            **{old: new.format(port=self.port) for old, new in self.ways.items()},
            **dict(changes),
        }
        site = (CONF / self.example).read_text()
        for old, new in replaced.items():
            assert old in site, f"{self.example} does not hold {old}"
            site = site.replace(old, new)
        (self.folder / "site.conf").write_text(site)
        configuration = self.frame().format(folder=self.folder, port=self.port)
        self.file.write_text(configuration)
        status, _, err = await run(*self.check_command())
        assert status == 0, err
        return await super().start(configuration)


class Nginx(WebProxy):
    program = "nginx"
    ready = "start worker process"
    example = "nginx.conf.example"
    ways = {"listen 443 ssl": "listen 127.0.0.1:{port} ssl", "listen [::]:443 ssl;": ""}

    def arguments(self):
        return ["-e", "stderr", "-p", self.folder, "-c", self.file]

    def check_command(self):
        return ["/usr/sbin/nginx", "-t", *self.arguments()]

    def frame(self):
        """The worker is as whom this runs, as the folder is his alone."""
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = " ".join(f"{kind}_temp_path {{folder}}/{kind};" for kind in kinds)
        user = f"user {pwd.getpwuid(os.getuid()).pw_name} {grp.getgrgid(os.getgid()).gr_name};"
        return (
            "daemon off; worker_processes 1; error_log stderr notice; pid {folder}/nginx.pid;\n"
            + (user if os.getuid() == 0 else "")
            + "\nevents {{ worker_connections 64; }}\nhttp {{ access_log off; "
            + temporary
            + " include {folder}/site.conf; }}\n"
        )


class Apache(WebProxy):
    program = "apache2"
    ready = "resuming normal operations"
    example = "apache.conf.example"
    ways = {"*:443": "127.0.0.1:{port}"}
    modules = ("mpm_event", "authz_core", "authz_host", "ssl", "headers", "proxy", "proxy_http")

    def arguments(self):
        return ["-D", "FOREGROUND", "-d", self.folder, "-f", self.file]

    def check_command(self):
        return ["/usr/sbin/apache2", "-t", *self.arguments()]

    def frame(self):
        lines = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in self.modules]
        lines += ["ServerName localhost", "User www-data", "Group www-data", "StartServers 1"]
        lines += ["DefaultRuntimeDir {folder}", "PidFile {folder}/apache.pid"]
        lines += ["ErrorLog /dev/stderr", "Listen 127.0.0.1:{port}", "Include {folder}/site.conf"]
        return "\n".join(lines) + "\n"
