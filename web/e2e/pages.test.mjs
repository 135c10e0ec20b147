// Every page of the dashboard: usable with assistive technology in both themes,
// and right about accounts, sessions and a lost connection.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { account, signIn, signUp } from "./agency.mjs";
import { accessible, launch, light, phone, signedOut, visit, wide } from "./browser.mjs";
import { program, startWorld } from "./processes.mjs";

let browser;
let world;
before(async () => {
  world = await startWorld(program());
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await world?.stop();
});

test("before the first account every way leads to the sign-up", async () => {
  const visitor = await visit(browser, world.url, wide, { expected: [signedOut, /409|422/] });
  const { page } = visitor;
  await page.goto("/sign-in");
  await page.getByText("The first account").waitFor();
  await signUp(page, "short");
  await page.getByText("The password needs at least 10 characters.").waitFor();
  await page.getByRole("textbox", { name: "Password" }).fill(account.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Add your first seat" }).waitFor();
  visitor.check();
  await visitor.close();
});

test("after it the sign-up is closed and says so", async () => {
  const visitor = await visit(browser, world.url, wide, { expected: [signedOut] });
  await visitor.page.goto("/sign-up");
  await visitor.page.getByRole("heading", { name: "Sign-up is closed" }).waitFor();
  await accessible(visitor.page, "the closed sign-up");
  visitor.check();
  await visitor.close();
});

test("a wrong password is told, a right one leads back to where one was", async () => {
  const visitor = await visit(browser, world.url, wide, { expected: [signedOut, /401.*\/v1\/signin$/] });
  const { page } = visitor;
  await page.goto("/assistant");
  await page.getByRole("heading", { name: "Welcome back" }).waitFor();
  await accessible(page, "sign-in");
  await signIn(page, "not the right password");
  await page.getByRole("alert").waitFor();
  await accessible(page, "sign-in with an error");
  await signIn(page);
  await page.getByRole("heading", { name: "Assistant" }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/assistant");
  visitor.check();
  await visitor.close();
});

for (const [name, viewport] of Object.entries({ wide, phone })) {
  describe(`pages on a ${name} screen`, () => {
    let visitor;
    before(async () => {
      visitor = await visit(browser, world.url, viewport, { expected: [signedOut] });
      await visitor.page.goto("/sign-in");
      await signIn(visitor.page);
      await visitor.page.getByRole("heading", { name: "Conversations", exact: true }).waitFor();
    });
    after(() => visitor?.close());

    test("are accessible in the dark and in the light", async () => {
      const { page } = visitor;
      const pages = {
        "/conversations": "Conversations",
        "/seats": "Seats",
        "/assistant": "Assistant",
        "/nowhere": "There is no such page",
      };
      for (const [path, heading] of Object.entries(pages)) {
        await page.goto(path);
        await page.getByRole("heading", { name: heading, exact: true }).waitFor();
        await accessible(page, `${path} in the dark`);
        await light(page);
        await page.getByRole("heading", { name: heading, exact: true }).waitFor();
        assert.equal(await page.locator("html").getAttribute("data-mantine-color-scheme"), "light");
        await accessible(page, `${path} in the light`);
        await page.evaluate(() => localStorage.removeItem("mantine-color-scheme-value"));
      }
      visitor.check();
    });

    test("do not scroll sideways", async () => {
      const { page } = visitor;
      for (const path of ["/conversations", "/seats", "/assistant"]) {
        await page.goto(path);
        await page.locator("h1").waitFor();
        const [content, screen] = await page.evaluate(() => [
          document.documentElement.scrollWidth,
          window.innerWidth,
        ]);
        assert.ok(content <= screen, `${path} is ${content} px wide on ${screen} px`);
      }
    });

    test("the theme is switched in the menu and remembered", async () => {
      const { page } = visitor;
      await page.goto("/seats");
      await page.getByRole("button", { name: /Account/ }).click();
      await page.getByRole("menuitem", { name: "Light theme" }).click();
      await page.reload();
      await page.getByRole("heading", { name: "Seats", exact: true }).waitFor();
      assert.equal(await page.locator("html").getAttribute("data-mantine-color-scheme"), "light");
      await page.getByRole("button", { name: /Account/ }).click();
      await page.getByRole("menuitem", { name: "Dark theme" }).click();
    });
  });
}

test("the assistant's settings are kept", async () => {
  const visitor = await visit(browser, world.url, wide, { expected: [signedOut] });
  const { page } = visitor;
  await page.goto("/sign-in?next=/assistant");
  await signIn(page);
  await page.getByLabel("Business description").fill("We let homes in Rosebank.");
  await page.getByText("Changes not saved yet").waitFor();
  await page.getByRole("link", { name: "Seats" }).click();
  await page.getByRole("heading", { name: "Seats", exact: true }).waitFor();
  await page.goto("/assistant");
  await page.getByText("Changes not saved yet").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("All changes saved").waitFor();
  await page.reload();
  assert.equal(await page.getByLabel("Business description").inputValue(), "We let homes in Rosebank.");
  visitor.check();
  await visitor.close();
});

test("a seat is renamed and removed from the keyboard", async () => {
  const visitor = await visit(browser, world.url, wide, { expected: [signedOut] });
  const { page } = visitor;
  await page.goto("/sign-in?next=/seats");
  await signIn(page);
  await page.getByRole("button", { name: "Add seat" }).press("Enter");
  await page.getByRole("dialog").getByLabel("Name").fill("Lettings");
  await page.keyboard.press("Enter");
  await page.getByAltText("QR code to scan with WhatsApp").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Show the QR code" }).waitFor();
  await accessible(page, "seats while one is paired");
  await page.getByRole("button", { name: "More for Lettings" }).press("Enter");
  await page.getByRole("menuitem", { name: "Rename" }).press("Enter");
  await page.getByRole("dialog").getByLabel("Name").fill("Lettings Melville");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Lettings Melville" }).waitFor();
  await page.getByRole("button", { name: "More for Lettings Melville" }).press("Enter");
  await page.getByRole("menuitem", { name: "Remove" }).press("Enter");
  await page.getByRole("button", { name: "Remove the seat" }).click();
  await page.getByRole("heading", { name: "Add your first seat" }).waitFor();
  visitor.check();
  await visitor.close();
});

test("a lost connection is told and comes back by itself", async () => {
  const refused = /ERR_CONNECTION_REFUSED|WebSocket|50[0-9]/;
  const visitor = await visit(browser, world.url, wide, { expected: [signedOut, refused] });
  const { page } = visitor;
  await page.goto("/sign-in?next=/seats");
  await signIn(page);
  await page.getByText("Live", { exact: true }).waitFor();
  await world.stopServer();
  await page.getByText("What you see may be a little old.").waitFor();
  await world.startServer();
  await page.getByText("Live", { exact: true }).waitFor({ timeout: 30_000 });
  await page.getByText("What you see may be a little old.").waitFor({ state: "detached" });
  visitor.check();
  await visitor.close();
});

test("a conversation that is none leads back to the list", async () => {
  const visitor = await visit(browser, world.url, phone, { expected: [signedOut, /404/] });
  const { page } = visitor;
  await page.goto("/sign-in?next=/conversations/00000000-0000-4000-8000-000000000000");
  await signIn(page);
  await page.getByRole("heading", { name: "There is no such conversation" }).waitFor();
  await page.getByRole("link", { name: "Back to the conversations" }).click();
  await page.getByRole("heading", { name: "Conversations", exact: true }).waitFor();
  visitor.check();
  await visitor.close();
});

test("a session that ended elsewhere leads to the sign-in and back", async () => {
  const visitor = await visit(browser, world.url, wide, { expected: [signedOut, /401/] });
  const { page } = visitor;
  await page.goto("/sign-in?next=/seats");
  await signIn(page);
  await page.getByRole("heading", { name: "Seats", exact: true }).waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  await page.evaluate(() => fetch("/v1/signout", { method: "POST" }));
  await page.getByRole("heading", { name: "Welcome back" }).waitFor();
  await signIn(page);
  await page.getByRole("heading", { name: "Seats", exact: true }).waitFor();
  await page.getByRole("button", { name: /Account/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Welcome back" }).waitFor();
  visitor.check();
  await visitor.close();
});
