// Writes a .gz beside each text file of dist that gains from it; the server
// hands those out to browsers that accept gzip.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const text = new Set([".js", ".css", ".html", ".svg", ".json"]);

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !text.has(extname(entry.name)) || entry.name === "stub.html") continue;
  const path = join(entry.parentPath, entry.name);
  const plain = readFileSync(path);
  const packed = gzipSync(plain, { level: 9 });
  if (plain.length > 1024 && packed.length < plain.length * 0.9) writeFileSync(`${path}.gz`, packed);
}
