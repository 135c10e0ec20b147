// An agency with one seat and one lead, to begin a test with.
import { readQR, signedOut, visit, wide } from "./browser.mjs";
import { startWorld, until } from "./processes.mjs";

export const account = {
  agency: "Baobab Estates",
  name: "Thandi Mokoena",
  email: "thandi@baobab.example",
  password: "a quiet morning in Melville",
};
export const seatNumber = "27825550142";
export const lead = "27715550199";

/** A world without AI in which an agency may be founded, with the phones of its seat and of a lead. */
export async function startAgency(binary) {
  const world = await startWorld(binary, { GEMINI_API_KEY: "", AIBUD_SIGNUP: "closed" });
  await world.phones.add(seatNumber, "Baobab Estates");
  await world.phones.add(lead, "Naledi Khumalo");
  return world;
}

/** Makes the agency and links its seat "Sales", as a visitor who then sees that it is connected. */
export async function found(browser, world, { expected = [] } = {}) {
  const visitor = await visit(browser, world.url, wide, { expected: [signedOut, ...expected] });
  const { page } = visitor;
  await page.goto("/sign-up");
  await signUp(page);
  await page.getByRole("button", { name: "Add seat" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Sales");
  await page.getByRole("button", { name: "Continue" }).click();
  await world.phones.scan(seatNumber, await until("the QR code can be read", 15_000, () => readQR(page)));
  await page.getByRole("heading", { name: "Connected" }).waitFor();
  return visitor;
}

/** Fills in the sign-up and sends it. */
export async function signUp(page, password = account.password) {
  await page.getByLabel("Agency").fill(account.agency);
  await page.getByLabel("Your name").fill(account.name);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Create account" }).click();
}

/** Fills in the sign-in and sends it. */
export async function signIn(page, password = account.password) {
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}
