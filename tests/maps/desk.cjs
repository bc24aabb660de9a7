// Runs parts of the desk's script in node, as the page does: desk.cjs BODY BEFORE FILE... < input.
// BODY is a function body over (desk, input), what it returns is printed as JSON; BEFORE is run first.
"use strict";
const fs = require("node:fs");
const vm = require("node:vm");

const [body, before, ...files] = process.argv.slice(2);
const page = { TextDecoder, atob, console, performance };
page.window = page;
vm.createContext(page);
vm.runInContext(before, page);
for (const file of files) vm.runInContext(fs.readFileSync(file, "utf-8"), page, { filename: file });
page.input = JSON.parse(fs.readFileSync(0, "utf-8"));
const answer = vm.runInContext(`(() => { ${body} })()`, page);
process.stdout.write(JSON.stringify(answer === undefined ? null : answer));
