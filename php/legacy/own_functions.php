<?php

namespace WsLegacy;

/**
 * Functions of the events include file that have the name of a helper: they take the helper's place.
 *
 * PHP binds the functions of a file before the file's code runs, and the helpers must be there when it runs. So a helper
 * must not be defined where the events file is going to define it. Without PHP's tokenizer the helper comes first, and
 * PHP refuses the second definition, as it did with the legacy server.
 */
final class OwnFunctions
{
    /** @var array<string, true> */
    private static array $names = [];

    /** Looks for the functions that PHP binds at once: those outside of every block, in no namespace. */
    public static function read(string $file): void
    {
        if (!class_exists(\PhpToken::class)) {
            return;
        }
        $depth = 0;
        $tokens = \PhpToken::tokenize((string) file_get_contents($file));
        $tokens = array_values(array_filter($tokens, static fn ($token) => !$token->isIgnorable()));
        foreach ($tokens as $i => $token) {
            if ($token->is(['{', T_CURLY_OPEN, T_DOLLAR_OPEN_CURLY_BRACES])) {
                $depth++;
            } elseif ($token->is('}')) {
                $depth--;
            } elseif ($token->is(T_NAMESPACE)) {
                return;
            } elseif ($token->is(T_FUNCTION) && $depth === 0) {
                $name = $tokens[$i + 1]->text === '&' ? $tokens[$i + 2] : $tokens[$i + 1];
                self::$names[strtolower($name->text)] = true; // "(" for one without a name
            }
        }
    }

    /** Whether the application has a function of this name, or is about to have it. */
    public static function have(string $name): bool
    {
        return function_exists($name) || isset(self::$names[$name]);
    }
}
