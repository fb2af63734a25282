# SPDX-License-Identifier: MIT
"""PhpSite: a web application in PHP, behind Debian's nginx."""

import os
import pathlib

from .process import Child
from .proxies import Nginx, Proxy, free_port

SCRIPTS = pathlib.Path(__file__).resolve().parent

SITE = """server {{
  listen 127.0.0.1:{port};
  location / {{
    include /etc/nginx/fastcgi_params;
    fastcgi_param SCRIPT_FILENAME {script};
    fastcgi_pass unix:{folder}/php.sock;
  }}
}}
"""

POOL = """[global]
error_log = /dev/stderr
[www]
listen = {folder}/php.sock
pm = static
pm.max_children = 2
catch_workers_output = yes
"""


def find_php_fpm():
    """Its name has a version in it."""
    return next(pathlib.Path("/usr/sbin").glob("php-fpm*"))


class SiteNginx(Nginx):
    async def start(self, script, port):
        names = {"folder": self.folder, "port": port, "script": script}
        (self.folder / "site.conf").write_text(SITE.format(**names))
        return await Proxy.start(self, self.frame().format(**names))


class PhpSite:
    """`script` of this folder answers every request. The logs of its programs go to `journals`."""

    def __init__(self, folder, script, journals):
        self.folder = folder
        self.script = SCRIPTS / script
        self.port = free_port()
        self._journals = journals
        self.php = None
        self.nginx = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def start(self):
        await self.start_php()
        await self.start_nginx()
        return self

    async def start_php(self):
        pool = self.folder / "php-fpm.conf"
        user = "user = root\ngroup = root\n" if os.getuid() == 0 else ""
        pool.write_text(POOL.format(folder=self.folder) + user)
        self.php = Child("php-fpm")
        self._journals.append(self.php.log)
        await self.php.start(find_php_fpm(), "-F", "-R", "-n", "-y", pool)
        await self.php.wait_line("ready to handle connections")

    async def start_nginx(self):
        self.nginx = SiteNginx(self.folder)
        self._journals.append(self.nginx.log)
        await self.nginx.start(self.script, self.port)

    async def stop_php(self):
        if self.php and self.php.running:
            await self.php.stop()

    async def stop_nginx(self):
        if self.nginx:
            await self.nginx.stop()

    async def stop(self):
        await self.stop_nginx()
        await self.stop_php()
