import { describe, expect, test } from "vitest";
import { type Part, richText } from "./rich-text";

const bold = (...parts: Part[]): Part => ({ kind: "bold", parts });
const italic = (...parts: Part[]): Part => ({ kind: "italic", parts });
const link = (text: string, href = text): Part => ({ kind: "link", text, href });

test.each<[string, Part[]]>([
  ["", []],
  ["nothing special", ["nothing special"]],
  ["a *bold* word", ["a ", bold("bold"), " word"]],
  ["_so_, *so*!", [italic("so"), ", ", bold("so"), "!"]],
  ["~gone~", [{ kind: "strike", parts: ["gone"] }]],
  ["*all _of_ it*", [bold("all ", italic("of"), " it")]],
  ["see ```a *b*\nc``` now", ["see ", { kind: "mono", text: "a *b*\nc" }, " now"]],
  ["2*3*4 and snake_case_name", ["2*3*4 and snake_case_name"]],
  ["* a * b", ["* a * b"]],
  ["*not\nclosed*", ["*not\nclosed*"]],
  ["** and ``` and ~~", ["** and ``` and ~~"]],
])("%j", (text, parts) => {
  expect(richText(text)).toEqual(parts);
});

describe("links", () => {
  test.each<[string, Part[]]>([
    ["See https://a.example/b_c_d.", ["See ", link("https://a.example/b_c_d"), "."]],
    ["(http://a.example/x)", ["(", link("http://a.example/x"), ")"]],
    ["https://a.example/x_(y)", [link("https://a.example/x_(y)")]],
    ["*https://a.example/x*", [bold(link("https://a.example/x"))]],
    ["HTTPS://A.example/?q=1&r=2", [link("HTTPS://A.example/?q=1&r=2", "https://a.example/?q=1&r=2")]],
  ])("%s", (text, parts) => {
    expect(richText(text)).toEqual(parts);
  });

  test.each([
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "https://",
    "http://[",
    "xhttps://a.example",
    "https://bank.example@evil.example/",
    "<img src=x onerror=alert(1)>",
    "www.a.example",
  ])("%s is text", (text) => {
    expect(richText(text)).toEqual([text]);
  });

  test("an address ends where the direction of writing is changed", () => {
    expect(richText("https://a.example/\u202emoc")).toEqual([link("https://a.example/"), "\u202emoc"]);
  });
});

test.each(["*a ", "*_~", "`", "```", "*", "https://", "http://[", "http://@", "h", "(", "*a* _b_ "])(
  "%j for ever is read at once",
  (piece) => {
    const text = piece.repeat(Math.ceil(65_536 / piece.length));
    const start = performance.now();
    const whole = (parts: Part[]): number =>
      parts.reduce<number>((sum, part) => {
        if (typeof part === "string") return sum + part.length;
        return sum + ("parts" in part ? whole(part.parts) : part.text.length);
      }, 0);
    expect(whole(richText(text))).toBeGreaterThan(0);
    expect(performance.now() - start).toBeLessThan(2000);
  },
);
