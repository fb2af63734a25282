<?php
// SPDX-License-Identifier: MIT
// Rosterd-Signature, both ways. Prints the one of a request that is sent now:
// php signature.php POST /roster_admin/refresh '["john"]'

define('SECRET', getenv('ROSTERD_SECRET') ?: '');

function mac(string $made, string $method, string $target, string $body): string
{
    return hash_hmac('sha256', "$made.$method.$target.$body", SECRET);
}

// $target is path and query as they are sent.
function sign(string $method, string $target, string $body = ''): string
{
    $now = time();
    return "t=$now,v1=" . mac($now, $method, $target, $body);
}

// Whether $field signs this request and is not older than five minutes.
function is_signed(string $field, string $method, string $target, string $body = ''): bool
{
    return preg_match('/\bt=(\d+)/', $field, $made)
        && preg_match('/\bv1=([0-9a-f]{64})/', $field, $given)
        && abs(time() - (int) $made[1]) <= 300
        && hash_equals(mac($made[1], $method, $target, $body), $given[1]);
}

if (PHP_SAPI === 'cli' && realpath($argv[0]) === __FILE__) {
    echo sign($argv[1], $argv[2], $argv[3] ?? ''), "\n";
}
