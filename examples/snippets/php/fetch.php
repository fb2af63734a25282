<?php
// SPDX-License-Identifier: MIT
// Contact lists for rosterd, http_roster_url = "http://127.0.0.1:8080/contacts/%s":
// FRIENDS=../friends.json php -S 127.0.0.1:8080 fetch.php

require __DIR__ . '/signature.php';

function answer(int $status, string $body): void
{
    http_response_code($status);
    header('Content-Type: application/json');
    header('Content-Length: ' . strlen($body));
    echo $body;
}

$target = $_SERVER['REQUEST_URI'];
if (SECRET && !is_signed($_SERVER['HTTP_ROSTERD_SIGNATURE'] ?? '', 'GET', $target)) {
    answer(403, '{"error": "not signed by rosterd"}');
    return;
}
// Objects, not arrays: an empty one must stay {}.
$friends = json_decode(file_get_contents(getenv('FRIENDS')));
$user = rawurldecode(substr($target, strlen('/contacts/')));
if (!isset($friends->$user)) {
    answer(404, '{"error": "no such user"}');
    return;
}
$body = json_encode($friends->$user);
$tag = '"' . substr(hash('sha256', $body), 0, 16) . '"';
header("ETag: $tag");
if (($_SERVER['HTTP_IF_NONE_MATCH'] ?? '') === $tag) {
    http_response_code(304);
    return;
}
answer(200, $body);
