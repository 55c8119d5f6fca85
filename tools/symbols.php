<?php
// Every symbol of the extension ws_server, one a line: of the extension itself, or of a stub file where one is named (its
// symbols without a docblock go to stderr).

$stub = $argv[1] ?? null;
if ($stub !== null) {
    $before = [get_declared_classes(), get_defined_functions()['user']];
    require $stub;
    $classes = array_diff(get_declared_classes(), $before[0]);
    $functions = array_diff(get_defined_functions()['user'], $before[1]);
    $functions = array_map(fn ($name) => new ReflectionFunction($name), $functions);
    $classes = array_map(fn ($name) => new ReflectionClass($name), $classes);
} else {
    $extension = new ReflectionExtension('ws_server');
    $functions = $extension->getFunctions();
    $classes = $extension->getClasses();
}

$lines = [];
$document = function (string $name, Reflector $symbol) use ($stub): void {
    if ($stub !== null && $symbol->getDocComment() === false) {
        fwrite(STDERR, "no docblock: $name\n");
    }
};
// PHP 8.2 calls iterable Traversable|array.
$type = fn (?ReflectionType $type): string => str_replace('Traversable|array', 'iterable', (string) $type);
$signature = function (ReflectionFunctionAbstract $function) use ($type): string {
    $parameters = array_map(function (ReflectionParameter $p) use ($type) {
        $default = $p->isDefaultValueAvailable() ? ' = ' . var_export($p->getDefaultValue(), true) : ($p->isOptional() ? ' = ?' : '');
        $default = str_replace(["\n", '  '], '', $default);
        return trim($type($p->getType()) . ' ') . ($p->isPassedByReference() ? ' &' : ' ') . ($p->isVariadic() ? '...' : '') . '$' . $p->getName() . $default;
    }, $function->getParameters());
    return '(' . implode(', ', $parameters) . '): ' . $type($function->getReturnType() ?? ($function->hasTentativeReturnType() ? $function->getTentativeReturnType() : null));
};

foreach ($functions as $function) {
    $lines[] = 'function ' . $function->getName() . $signature($function);
    $document($function->getName(), $function);
}
foreach ($classes as $class) {
    $name = $class->getName();
    $interfaces = $class->getInterfaceNames();
    sort($interfaces);
    $lines[] = implode(' ', Reflection::getModifierNames($class->getModifiers())) . " class $name extends " . ($class->getParentClass() ? $class->getParentClass()->getName() : 'nothing')
        . ' implements ' . implode(', ', $interfaces);
    $document($name, $class);
    foreach ($class->getReflectionConstants() as $constant) {
        if ($constant->getDeclaringClass()->getName() === $name) {
            $lines[] = "$name::" . $constant->getName() . ' = ' . var_export($constant->getValue(), true);
            $document("$name::" . $constant->getName(), $constant);
        }
    }
    foreach ($class->getProperties() as $property) {
        if ($property->getDeclaringClass()->getName() === $name) {
            $lines[] = "$name " . implode(' ', Reflection::getModifierNames($property->getModifiers())) . ' ' . $type($property->getType()) . ' $' . $property->getName();
            $document("$name::\$" . $property->getName(), $property);
        }
    }
    foreach ($class->getMethods() as $method) {
        if ($method->getDeclaringClass()->getName() === $name) {
            $lines[] = implode(' ', Reflection::getModifierNames($method->getModifiers())) . " $name::" . $method->getName() . $signature($method);
            $document("$name::" . $method->getName() . '()', $method);
        }
    }
}
sort($lines);
echo implode("\n", $lines), "\n";
