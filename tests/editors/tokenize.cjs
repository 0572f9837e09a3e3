// Tokens of lines as TextMate's grammars give them: a list of [text, scope] for each line of the
// list on standard input, those without a scope of their own left out.
//   node tokenize.cjs NODE_MODULES GRAMMAR
'use strict';
const fs = require('fs');
const path = require('path');

const [modules, grammarFile] = process.argv.slice(2);
const textmate = require(path.join(modules, 'vscode-textmate'));
const oniguruma = require(path.join(modules, 'vscode-oniguruma'));

async function main() {
  const wasm = fs.readFileSync(path.join(modules, 'vscode-oniguruma', 'release', 'onig.wasm'));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => textmate.parseRawGrammar(fs.readFileSync(grammarFile, 'utf8'), grammarFile),
  });
  const grammar = await registry.loadGrammar('source.supervisor');
  const lines = JSON.parse(fs.readFileSync(0, 'utf8'));
  console.log(JSON.stringify(lines.map((line) =>
    grammar.tokenizeLine(line, textmate.INITIAL).tokens
      .filter((token) => token.scopes.length > 1)
      .map((token) => [line.slice(token.startIndex, token.endIndex), token.scopes.at(-1)]))));
}

main();
