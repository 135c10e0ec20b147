import { expect, test } from "vitest";
import { asProblem, Problem, problemOf, sentenceOf } from "./problem";

test("a problem carries the API's sentence, code and fields", () => {
  const problem = problemOf(
    {
      title: "Invalid",
      detail: "The name is empty.",
      code: "invalid",
      errors: [{ field: "body.name", message: "Empty." }],
    },
    422,
  );
  expect([problem.message, problem.code, problem.status, problem.fields]).toEqual([
    "The name is empty.",
    "invalid",
    422,
    { name: "Empty." },
  ]);
});

test.each([null, "<html>", {}, { detail: 3 }, { errors: "x" }])(
  "whatever the body %o, there is a sentence",
  (body) => {
    expect(problemOf(body, 502).message).toMatch(/[a-z]+\.$/);
  },
);

test("what is no answer says that the server is out of reach", () => {
  expect(sentenceOf(new TypeError("Failed to fetch"))).toMatch(/can't be reached/);
  const problem = new Problem("Said.", 400);
  expect(asProblem(problem)).toBe(problem);
});
