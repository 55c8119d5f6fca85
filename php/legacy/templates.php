<?php

require_once __DIR__ . '/own_functions.php';

if (!WsLegacy\OwnFunctions::have('load_files')) {
    /**
     * The trimmed contents of all files below $path, by their names relative to $root.
     *
     * $path and $root end with a slash. $ext, without its dot, picks files by extension; $trim_ext takes it off the names.
     */
    function load_files($path, $root = '', $ext = '', $trim_ext = true)
    {
        $root = $root === '' ? $path : $root;
        $files = [];
        foreach (scandir($path) as $name) {
            if ($name === '.' || $name === '..' || $name === '.git') {
                continue;
            }
            $full = $path . $name;
            if (is_dir($full)) {
                $files += load_files("$full/", $root, $ext, $trim_ext);
                continue;
            }
            $extension = pathinfo($name, PATHINFO_EXTENSION);
            if ($ext !== '' && $extension !== $ext) {
                continue;
            }
            $relative = $path === $root ? $name : substr($full, strlen($root));
            if ($trim_ext && str_contains($name, '.')) {
                $relative = substr($relative, 0, -strlen($extension) - 1);
            }
            $files[$relative] = trim(file_get_contents($full));
        }
        return $files;
    }
}

if (!WsLegacy\OwnFunctions::have('template_fill')) {
    /**
     * A template of $custom_templates, else of the global $templates, with @@other templates@@, $$CONSTANTS$$ of the
     * application and %%params%% filled in. $tracking is its own: the templates under way, against circles.
     */
    function template_fill($template_key, $params = false, $tracking = [], $custom_templates = false)
    {
        $templates = $custom_templates !== false ? $custom_templates : ($GLOBALS['templates'] ?? []);
        if (!isset($templates[$template_key])) {
            show_message("template \"$template_key\" not found");
            return '';
        }
        if (in_array($template_key, $tracking, true)) {
            show_message("circular reference to template \"$template_key\"");
            return '';
        }
        $tracking[] = $template_key;
        $text = $templates[$template_key];
        foreach ($templates as $name => $_) {
            if (str_contains($text, "@@$name@@")) {
                $text = str_replace("@@$name@@", template_fill($name, false, $tracking, $custom_templates), $text);
            }
        }
        if (str_contains($text, '$$')) {
            foreach (get_defined_constants(true)['user'] ?? [] as $name => $value) {
                if (is_scalar($value)) {
                    $text = str_replace('$$' . $name . '$$', (string) $value, $text);
                }
            }
        }
        foreach ($params ?: [] as $name => $value) {
            if (!is_array($value)) {
                $text = str_replace("%%$name%%", (string) $value, $text);
            }
        }
        return $text;
    }
}
