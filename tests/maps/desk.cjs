// Runs parts of the desk's script in node, as the page does: desk.cjs FILE... < input, a function
// body over (desk, input) as the last argument; prints what it returns as JSON.
"use strict";
const fs = require("node:fs");
const vm = require("node:vm");

const [body, ...files] = process.argv.slice(2);
const page = { TextDecoder, atob, console, performance };
page.window = page;
vm.createContext(page);
for (const file of files) vm.runInContext(fs.readFileSync(file, "utf-8"), page, { filename: file });
page.input = JSON.parse(fs.readFileSync(0, "utf-8"));
const answer = vm.runInContext(`(() => { ${body} })()`, page);
process.stdout.write(JSON.stringify(answer === undefined ? null : answer));
