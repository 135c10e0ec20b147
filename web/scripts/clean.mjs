// Empties dist but for the committed stub, so that no file of an older build
// is embedded in the binary.
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
for (const name of readdirSync(dist)) {
  if (name !== "stub.html") rmSync(dist + name, { recursive: true });
}
