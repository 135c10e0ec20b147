import { expect, test } from "vitest";
import { askBrowser, parseAnswer, snippetFor } from "./passkey";

const answer = {
  id: "Y3I",
  rawId: "Y3I",
  type: "public-key",
  response: { clientDataJSON: "e30", authenticatorData: "AA", signature: "AA" },
};

test("reads what a browser printed and leaves out what the server doesn't take", () => {
  const printed = {
    ...answer,
    authenticatorAttachment: "platform",
    clientExtensionResults: {},
    response: { ...answer.response, userHandle: null },
  };
  expect(parseAnswer(` ${JSON.stringify(printed)}\n`)).toEqual(answer);
  for (const other of ["", "null", "{}", "[]", "words", JSON.stringify({ ...answer, response: {} })])
    expect(parseAnswer(other)).toBeNull();
});

test("a page that is not WhatsApp's gets no passkey", async () => {
  expect(await askBrowser({ challenge: "AA", rpId: "whatsapp.com" })).toBeNull();
});

test("the script asks for the challenge", () => {
  expect(snippetFor({ challenge: "AAEC", rpId: "whatsapp.com" })).toContain('"challenge":"AAEC"');
});
