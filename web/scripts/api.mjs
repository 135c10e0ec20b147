// Makes src/api/schema.d.ts from the API's OpenAPI document. With --check it
// only says whether the committed file still fits the document.
import { readFileSync, writeFileSync } from "node:fs";
import openapi, { astToString } from "openapi-typescript";

const document = new URL("../../api/openapi.json", import.meta.url);
const target = new URL("../src/api/schema.d.ts", import.meta.url);
const head = "// Made from api/openapi.json by `npm run api`. Do not edit.\n\n";

const made = head + astToString(await openapi(document));
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== made) {
    console.error(
      "src/api/schema.d.ts does not fit api/openapi.json: run `npm run api` and commit the result.",
    );
    process.exit(1);
  }
} else {
  writeFileSync(target, made);
}
