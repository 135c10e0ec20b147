// A seat answers a lead, end to end, with the real program and a real browser.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { lead, seatNumber, signUp } from "./agency.mjs";
import { accessible, launch, phone, readQR, signedOut, visit, wide } from "./browser.mjs";
import { program, startWorld, until } from "./processes.mjs";

const stranger = "27725550111";

let browser;
let binary;
before(async () => {
  binary = program();
  browser = await launch();
});
after(() => browser?.close());

for (const [name, viewport] of Object.entries({ wide, phone })) {
  describe(`a seat answers a lead on a ${name} screen`, () => {
    let world;
    let visitor;
    before(async () => {
      world = await startWorld(binary);
      await world.phones.add(seatNumber, "Baobab Estates");
      await world.phones.add(lead, "Naledi Khumalo");
      visitor = await visit(browser, world.url, viewport, { expected: [signedOut] });
    });
    after(async () => {
      await visitor?.close();
      await world?.stop();
    });

    test("the first account is made", async () => {
      const { page } = visitor;
      await page.goto("/");
      await page.getByText("It becomes the platform's administrator").waitFor();
      await accessible(page, "sign-up");
      await page.getByRole("button", { name: "Create account" }).click();
      await page.getByText("Enter your agency's name.").waitFor();
      await signUp(page);
      await page.getByRole("heading", { name: "Add your first seat" }).waitFor();
      await accessible(page, "seats without a seat");
    });

    test("a phone scans the QR code that the page shows", async () => {
      const { page } = visitor;
      await page.getByRole("button", { name: "Add seat" }).click();
      await page.getByRole("dialog").getByLabel("Name").fill("Sales Sandton");
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByAltText("QR code to scan with WhatsApp").waitFor();
      await page.getByRole("timer").waitFor();
      await accessible(page, "the pairing dialog");
      const code = await until("the QR code can be read from the page", 15_000, () => readQR(page));
      await world.phones.scan(seatNumber, code);
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("heading", { name: "Connected" }).waitFor();
      await dialog.getByText("+27 82 555 0142").waitFor();
      await dialog.getByRole("link", { name: "Open conversations" }).click();
      await page.getByRole("heading", { name: "No conversations yet" }).waitFor();
      // From here on nothing may load the page anew.
      await page.evaluate(() => {
        window.untouched = true;
      });
    });

    test("the lead writes, the AI answers, both are seen without a reload", async () => {
      const { page } = visitor;
      await world.phones.send(lead, seatNumber, "Hi, I am looking for a house");
      const row = page.getByRole("link", { name: /Naledi Khumalo/ });
      await row.getByText("Hi, I am looking for a house").waitFor();
      await row.click();
      const thread = page.getByRole("log", { name: "Messages" });
      await thread.getByText("Hi, I am looking for a house").waitFor();
      const reply = thread.locator('[data-author="assistant"][data-message]').first();
      await reply.waitFor({ timeout: 30_000 });
      const shown = (await reply.locator("[class*=text]").first().textContent()).trim();
      const got = await world.phones.wait(
        lead,
        (message) => !message.from_me && message.text.trim() === shown,
      );
      assert.equal(got.duplicates ?? 0, 0);
      await world.phones.send(lead, seatNumber, "To buy, in Parktown North");
      await thread.getByText("To buy, in Parktown North").waitFor();
      await thread.locator('[data-author="assistant"][data-message]').nth(1).waitFor({ timeout: 30_000 });
      await accessible(page, "an open conversation");
      assert.equal(await page.evaluate(() => window.untouched), true);
    });

    test("the agent replies by hand, and the ticks go up to read", async () => {
      const { page } = visitor;
      const text = "Thandi here, shall we meet on Saturday at ten?";
      await page.evaluate(watchTicks, text);
      await page.getByRole("textbox", { name: "Message" }).fill(text);
      await page.keyboard.press("Enter");
      const bubble = page.locator("[data-message]", { hasText: text });
      await bubble.getByRole("img", { name: "Delivered" }).waitFor();
      const got = await world.phones.wait(lead, (message) => message.text === text);
      await world.phones.read(lead, [got.id]);
      await bubble.getByRole("img", { name: "Read" }).waitFor();
      assert.equal(await page.locator("article", { hasText: text }).count(), 1, "one bubble for one message");
      const order = ["Waiting to be sent", "Being sent", "Sent", "Delivered", "Read"];
      const ticks = await page.evaluate(() => window.ticks);
      const ranks = ticks.map((tick) => order.indexOf(tick));
      assert.deepEqual(ranks, [...ranks].sort(), `the ticks only go forward: ${ticks}`);
      assert.ok(ticks.includes("Delivered") && ticks.at(-1) === "Read", `seen: ${ticks}`);
    });

    test("a person's reply pauses the AI until it is resumed", async () => {
      const { page } = visitor;
      await page.getByText(/AI paused until .* because a person replied/).waitFor();
      await accessible(page, "a paused conversation");
      await page.getByRole("button", { name: "Resume" }).click();
      await page.getByText("AI answers").waitFor();
      if (viewport === phone) {
        await page.getByRole("link", { name: "Back to the conversations" }).click();
        await page.getByRole("heading", { name: "Conversations", exact: true }).waitFor();
      }
      assert.equal(await page.evaluate(() => window.untouched), true);
      visitor.check();
    });

    test("a lead is seen to be there, to type and to record", async () => {
      const { page } = visitor;
      await page.getByRole("link", { name: "Seats" }).click();
      await page.getByRole("button", { name: "More for Sales Sandton" }).click();
      await page.getByRole("menuitem", { name: "Presence" }).click();
      await page.getByRole("radio", { name: "While a conversation is open here" }).check();
      await accessible(page, "the dialog of a seat's presence");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page
        .getByRole("navigation")
        .getByRole("link", { name: /^Conversations/ })
        .click();
      const row = page.getByRole("link", { name: /Naledi Khumalo/ });
      await row.click();
      const head = page.locator("header", { has: page.getByRole("heading", { name: "Naledi Khumalo" }) });
      await world.phones.presence(lead, true);
      await head.getByText("online").waitFor();
      await accessible(page, "a conversation with somebody who is online");
      await world.phones.typing(lead, seatNumber, {});
      await head.getByText("typing…").waitFor();
      if (viewport === wide) await row.getByText("typing…").waitFor();
      await world.phones.typing(lead, seatNumber, { media: "audio" });
      await head.getByText("recording audio…").waitFor();
      await world.phones.typing(lead, seatNumber, { on: false });
      await head.getByText("online").waitFor();
      await world.phones.presence(lead, false);
      await head.getByText(/last seen \d\d:\d\d/).waitFor();
      if (viewport === phone) await page.getByRole("link", { name: "Back to the conversations" }).click();
      visitor.check();
    });

    test("a conversation is opened by a number as people write it", async () => {
      const { page } = visitor;
      await world.phones.add(stranger, "Sipho Ndlovu");
      await page.getByRole("button", { name: "New conversation" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel(/Phone number/).fill("072 555 0111");
      await accessible(page, "the dialog of a new conversation");
      await dialog.getByRole("button", { name: "Open" }).click();
      await page.getByRole("heading", { name: "+27 72 555 0111" }).waitFor();
      await page.getByRole("textbox", { name: "Message" }).fill("Good day, I have a flat for you");
      await page.keyboard.press("Enter");
      await world.phones.wait(
        stranger,
        (message) => message.text === "Good day, I have a flat for you",
        60_000,
      );
      visitor.check();
    });
  });
}

/** Runs in the page: notes each tick that the bubble with this text shows. */
function watchTicks(text) {
  window.ticks = [];
  const look = () => {
    const bubble = [...document.querySelectorAll("article")].find((one) => one.textContent.includes(text));
    const tick = bubble?.querySelector("[data-delivery]")?.getAttribute("aria-label");
    if (tick && window.ticks.at(-1) !== tick) window.ticks.push(tick);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}
