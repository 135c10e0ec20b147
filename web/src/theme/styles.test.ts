import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

test("every Mantine component that is used has its styles", () => {
  const styles = readFileSync("src/theme/styles.ts", "utf8");
  const used = new Set<string>();
  for (const file of readdirSync("src", { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".tsx")) continue;
    const source = readFileSync(join("src", file), "utf8");
    for (const [, names] of source.matchAll(/import \{([^}]*)\} from "@mantine\/core"/g))
      for (const name of names?.split(",") ?? []) used.add(name.trim());
  }
  expect(used).toContain("Button");
  const missing = [...used].filter(
    (name) =>
      existsSync(`node_modules/@mantine/core/styles/${name}.css`) && !styles.includes(`/styles/${name}.css`),
  );
  expect(missing).toEqual([]);
});
