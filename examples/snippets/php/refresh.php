<?php
// SPDX-License-Identifier: MIT
// Tells rosterd whose contact lists have changed: php refresh.php john aaron

require __DIR__ . '/signature.php';

// rosterd's summary. By the time it returns, all open clients have been told.
function refresh(array $users): array
{
    $url = getenv('ROSTERD_URL') ?: 'http://127.0.0.1:5280/roster_admin/refresh';
    $body = json_encode($users);
    $fields = ['Content-Type: application/json'];
    // A signature counts once. The query makes this request unlike another of the same second.
    $query = '?n=' . bin2hex(random_bytes(8));
    if (SECRET) {
        $target = parse_url($url, PHP_URL_PATH) . $query;
        $fields[] = 'Rosterd-Signature: ' . sign('POST', $target, $body);
    }
    $options = ['method' => 'POST', 'header' => $fields, 'content' => $body,
        'ignore_errors' => true,  // their bodies say what is wrong
        'timeout' => 40];         // longer than the 30 seconds that rosterd gives itself
    $answer = @file_get_contents($url . $query, false, stream_context_create(['http' => $options]));
    if ($answer === false) {  // it is down, and fetches the lists when its users log in
        return ['status' => 'error', 'message' => error_get_last()['message']];
    }
    return json_decode($answer, true);
}

$summary = refresh(array_slice($argv, 1));
echo json_encode($summary), "\n";
exit($summary['status'] !== 'ok' || $summary['errors'] > 0 ? 1 : 0);
