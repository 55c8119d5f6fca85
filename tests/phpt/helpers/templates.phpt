--TEST--
load_files and template_fill
--DESCRIPTION--
Preserves: load_files() and template_fill() of both versions. Circles ended the legacy server.
--FILE--
<?php
require __DIR__ . '/../../../php/legacy/log.php';
require __DIR__ . '/../../../php/legacy/templates.php';
$dir = sys_get_temp_dir() . '/ws_server_templates_' . getmypid() . '/';
mkdir("{$dir}sub/.git", recursive: true);
mkdir("{$dir}.git");
foreach (['page.html' => " <p>@@sub/name@@ %%k%%</p>\n", 'sub/name.html' => 'Mr %%k%%', 'note.txt' => 'n', '.git/config' => 'secret', 'bare' => 'b'] as $name => $text) {
    file_put_contents($dir . $name, $text);
}
ksort_show(load_files($dir));
ksort_show(load_files($dir, '', 'html'));
ksort_show(load_files($dir, '', 'html', false));
ksort_show(load_files("{$dir}sub/", $dir));
function ksort_show(array $files): void
{
    ksort($files);
    echo json_encode($files, JSON_UNESCAPED_SLASHES), "\n";
}

const TITLE = 'Titel';
$templates = load_files($dir, '', 'html') + ['const' => '$$TITLE$$ $$NONE$$', 'a' => '<@@b@@>', 'b' => '[@@a@@]'];
echo template_fill('page', ["k" => 5, 'list' => [1]]), "\n";
echo template_fill('const'), "\n";
echo template_fill('own', ['k' => 'v'], [], ['own' => '@@in@@', 'in' => 'in %%k%%']), "\n";
echo template_fill('a'), "\n", template_fill('none'), "\n";
echo template_fill('const', false, ['const']), "|", template_fill('own', [], [], []), "\n";

foreach (['page.html', 'sub/name.html', 'note.txt', '.git/config', 'bare'] as $name) {
    unlink($dir . $name);
}
array_map('rmdir', ["{$dir}sub/.git", "{$dir}sub", "{$dir}.git", $dir]);
?>
--EXPECTF--
{"bare":"b","note":"n","page":"<p>@@sub/name@@ %%k%%</p>","sub/name":"Mr %%k%%"}
{"page":"<p>@@sub/name@@ %%k%%</p>","sub/name":"Mr %%k%%"}
{"page.html":"<p>@@sub/name@@ %%k%%</p>","sub/name.html":"Mr %%k%%"}
{"sub/name":"Mr %%k%%"}
<p>Mr 5 5</p>
Titel $$NONE$$
in v
[%s]  circular reference to template "a"
<[]>
[%s]  template "none" not found

[%s]  circular reference to template "const"
|[%s]  template "own" not found

