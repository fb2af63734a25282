<?php
// SPDX-License-Identifier: MIT
// A web application with accounts of its own, asked in the four ways of auth = "http-basic",
// "http-json", "http-mongoose" and "jsxc", the last with rosters. Its users are romeo and juliet,
// as harness/case.py knows them.

const JSXC_SECRET = "API secret";

function password_of(string $user): ?string
{
    return in_array($user, ["romeo", "juliet"], true) ? "secret of $user" : null;
}

function is_right(string $user, string $password): bool
{
    $right = password_of($user);
    return $right !== null && hash_equals($right, $password);
}

function keys_of(string $hash, string $password): string
{
    $salt = substr(hash("sha256", "salt of $password", true), 0, 16);
    $salted = hash_pbkdf2($hash, $password, $salt, 4096, 0, true);
    $stored = hash($hash, hash_hmac($hash, "Client Key", $salted, true), true);
    $server = hash_hmac($hash, "Server Key", $salted, true);
    return implode("|", array_map("base64_encode", [$salt, $stored, $server]));
}

// JSXC's external API, as its ExternalApiController and the middleware before it have it: romeo and
// juliet are in one group of users.
function answer_jsxc(): void
{
    $expected = "sha1=" . hash_hmac("sha1", file_get_contents("php://input"), JSXC_SECRET);
    if (!hash_equals($expected, $_SERVER["HTTP_X_JSXC_SIGNATURE"] ?? "")) {
        $message = "Signature does not match.";
        answer(500, json_encode(["result" => "error", "data" => ["msg" => $message]]));
    }
    $user = $_POST["username"];
    $data = [];
    if ($_POST["operation"] === "auth") {
        if (!is_right($user, $_POST["password"])) {
            answer(200, json_encode(["result" => "noauth"]));
        }
        $data["uid"] = $user;
    } elseif ($_POST["operation"] === "isuser") {
        $data["isUser"] = password_of($user) !== null;
    } elseif ($_POST["operation"] === "sharedroster") {
        foreach (["romeo", "juliet"] as $uid) {
            $data["sharedRoster"][$uid] = ["name" => ucfirst($uid), "groups" => ["Verona"]];
        }
    }
    answer(200, json_encode(["result" => "success", "data" => $data]));
}

function answer(int $status, string $body): void
{
    http_response_code($status);
    echo $body;
    exit;
}

$path = parse_url($_SERVER["REQUEST_URI"], PHP_URL_PATH);
switch ($path) {
    case "/basic":
        $right = is_right($_SERVER["PHP_AUTH_USER"] ?? "", $_SERVER["PHP_AUTH_PW"] ?? "");
        answer($right ? 200 : 401, "");
    case "/json":
        $asked = json_decode(file_get_contents("php://input"), true);
        answer(200, json_encode(is_right($asked["username"] ?? "", $asked["password"] ?? "")));
    case "/json-with-roster":
        $asked = json_decode(file_get_contents("php://input"), true);
        if (!is_right($asked["username"] ?? "", $asked["password"] ?? "")) {
            answer(200, json_encode(["ok" => false]));
        }
        $roster = ["juliet@example.test" => ["name" => "Juliet"]];
        answer(200, json_encode(["ok" => true, "roster" => $roster, "etag" => '"v1"']));
    case "/mongoose/check_password":
        answer(200, json_encode(is_right($_GET["user"], $_GET["pass"])));
    case "/mongoose/user_exists":
        answer(200, json_encode(password_of($_GET["user"]) !== null));
    case "/mongoose/get_password":
    case "/clear/get_password":
        $password = password_of($_GET["user"]);
        if ($password === null) {
            answer(404, "");
        }
        if ($path === "/clear/get_password") {
            answer(200, $password);
        }
        $keys = [];
        foreach (["sha1", "sha256", "sha512"] as $hash) {
            $keys[] = "===" . strtoupper($hash) . "===" . keys_of($hash, $password);
        }
        answer(200, "==MULTI_SCRAM==,4096," . implode(",", $keys));
    case "/jsxc":
        answer_jsxc();
    case "/contacts/romeo":
    case "/contacts/juliet":
        answer(200, "{}");
    default:
        answer(404, "");
}
