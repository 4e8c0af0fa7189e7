/**
 * The YAML parser, in a module of its own: the build puts the parser's ES modules into it. The package `yaml` gives Node.js
 * CommonJS, which bundles in the format ESM cannot load.
 */
export { Composer, CST, isAlias, isCollection, isPair, isScalar, Lexer, Parser } from "yaml";
