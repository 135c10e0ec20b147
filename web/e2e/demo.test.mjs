// The demo as a person tries it: scan a QR code by one click, write as a lead,
// see the reply on both sides. It also takes the README's pictures.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, keep, launch, light, phone, signedOut, visit, wide } from "./browser.mjs";
import { program, startDemo } from "./processes.mjs";

let browser;
let demo;
before(async () => {
  demo = await startDemo(program());
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

test("a lead writes on the demo phone and is answered", async () => {
  const visitor = await visit(browser, demo.url, wide, { expected: [signedOut] });
  const { page, context } = visitor;
  await page.goto("/demo/signin");
  await page.getByRole("heading", { name: "Conversations", exact: true }).waitFor();
  await page.getByText("Talks to a simulator").first().waitFor();
  await page.getByText("scripted demo AI").waitFor();
  await accessible(page, "the conversations of the demo");

  const hand = await context.newPage();
  await hand.goto("/demo");
  await hand.locator("main").getByRole("button").first().click();
  await accessible(hand, "the demo phone");
  const text = "Good day, I would like to rent a flat in Melville";
  await hand.getByRole("textbox", { name: "Message" }).fill(text);
  await hand.getByRole("button", { name: "Send" }).click();
  await hand.getByRole("log").getByText(text).waitFor();

  await page.getByRole("link", { name: new RegExp(text.slice(0, 20)) }).click();
  const thread = page.getByRole("log", { name: "Messages" });
  await thread.getByText(text).waitFor();
  await page.getByText("AI is writing…").first().waitFor();
  const reply = thread.locator("section").last().locator('[data-author="assistant"][data-message]').last();
  await reply.waitFor({ timeout: 30_000 });
  const said = (await reply.locator("[class*=text]").first().textContent()).trim();
  await hand.getByRole("log").getByText(said.slice(0, 40)).last().waitFor();
  // The lead is looking at it, which the agent sees.
  await reply.getByLabel("Read", { exact: true }).waitFor();
  await keep(page, "conversations");
  await hand.bringToFront();
  await keep(hand, "demo-phone");
  await hand.getByRole("textbox", { name: "Message" }).fill("One more thing");
  await page.locator("header").getByText("typing…").waitFor();
  await light(page);
  await thread.getByText(text).waitFor();
  await accessible(page, "a conversation in the light");
  await keep(page, "conversations-light");
  visitor.check();
  await visitor.close();
});

test("one click scans the QR code that the dashboard shows", async () => {
  const visitor = await visit(browser, demo.url, wide, { expected: [signedOut] });
  const { page, context } = visitor;
  await page.goto("/demo/signin");
  await page.goto("/seats");
  await page.getByRole("button", { name: "Add seat" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Show days");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByAltText("QR code to scan with WhatsApp").waitFor();
  await keep(page, "pairing");
  const hand = await context.newPage();
  await hand.goto("/demo");
  await hand.getByRole("button", { name: "Scan the QR code" }).click();
  await page.bringToFront();
  await page.getByRole("dialog").getByRole("heading", { name: "Connected" }).waitFor({ timeout: 30_000 });
  await page.getByRole("button", { name: "Done" }).click();
  await keep(page, "seats");
  await page.goto("/assistant");
  await page.getByLabel("Persona").waitFor();
  await accessible(page, "the assistant's settings with a scripted AI");
  visitor.check();
  await visitor.close();
});

test("one click types the code that the dashboard shows into the phone", async () => {
  const visitor = await visit(browser, demo.url, wide, { expected: [signedOut, /422/] });
  const { page, context } = visitor;
  await page.goto("/demo/signin");
  await page.goto("/seats");
  await page.getByRole("button", { name: "Add seat" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Office");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Link with the phone number instead" }).click();
  await dialog.getByLabel("The phone's number").fill("082 12");
  await dialog.getByRole("button", { name: "Get a code" }).click();
  await dialog.getByText("That is no phone number").waitFor();
  await dialog.getByLabel("The phone's number").fill("+27 82 555 0104"); // the office's phone of the demo
  await dialog.getByRole("button", { name: "Get a code" }).click();
  await dialog.getByLabel("Code to type into the phone").waitFor();
  const hand = await context.newPage();
  await hand.goto("/demo");
  await hand.getByRole("button", { name: "Type the code into the phone" }).click();
  await page.bringToFront();
  await dialog.getByRole("heading", { name: "Connected" }).waitFor({ timeout: 30_000 });
  visitor.check();
  await visitor.close();
});

test("on a phone the list leads to the chat and back", async () => {
  const visitor = await visit(browser, demo.url, phone, { expected: [signedOut] });
  const { page } = visitor;
  await page.goto("/demo/signin");
  await page.getByRole("heading", { name: "Conversations", exact: true }).waitFor();
  await page.locator("section li a").first().waitFor();
  await accessible(page, "the list on a phone");
  await keep(page, "phone-list");
  await page.locator("section li a").first().click();
  await page.getByRole("log", { name: "Messages" }).waitFor();
  assert.equal(
    await page.getByRole("navigation").isVisible(),
    false,
    "the thread takes the navigation's room",
  );
  await accessible(page, "a thread on a phone");
  await keep(page, "phone-thread");
  await page.getByRole("link", { name: "Back to the conversations" }).click();
  await page.getByRole("heading", { name: "Conversations", exact: true }).waitFor();
  await page.getByRole("navigation").getByRole("link", { name: "Seats" }).click();
  await page.getByRole("heading", { name: "Seats", exact: true }).waitFor();
  await page.goto("/demo");
  await page.getByRole("heading", { name: "Chats" }).waitFor();
  await accessible(page, "the demo phone on a phone");
  visitor.check();
  await visitor.close();
});

test("the demo phone stays whole on every screen, whatever is written", async () => {
  for (const viewport of [wide, phone]) {
    const visitor = await visit(browser, demo.url, viewport);
    const { page } = visitor;
    await page.goto("/demo");
    await page.locator("main").getByRole("button").first().click();
    const field = page.getByRole("textbox", { name: "Message" });
    const long = `https://example.org/${"flat-in-melville-".repeat(30)}`;
    await field.fill(`${long} ${"and a garden ".repeat(30)}`);
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("log").getByText(long).last().waitFor();
    const whole = async (part) => {
      const box = await part.boundingBox();
      const inside =
        box.x >= 0 &&
        box.y >= 0 &&
        box.x + box.width <= viewport.width &&
        box.y + box.height <= viewport.height;
      assert.ok(inside, `${JSON.stringify(box)} is not within ${viewport.width}×${viewport.height}`);
    };
    for (const part of [field, page.getByRole("button", { name: "Send" }), page.getByRole("log")]) {
      await whole(part);
    }
    // The list shows the message in one line.
    await page.getByRole("button", { name: "Back to the chats" }).click();
    await page.getByRole("heading", { name: "Chats" }).waitFor();
    await whole(page.locator("main > div"));
    visitor.check();
    await visitor.close();
  }
});
