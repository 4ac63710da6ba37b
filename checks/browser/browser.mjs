// Debian's Chromium, driven by playwright; what a page of ours complains of on its console fails the check.
import { chromium } from "playwright-core";

// Without these, Chromium looks for its maker's servers; as root it needs no sandbox of its own.
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

export const PATIENCE = 30_000;

/** Opens the browser that the environment names. */
export const open = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

/** A window of its own, with cookies of its own. What goes wrong on its pages is put into `complaints`. */
export const person = async (browser, complaints, options = {}) => {
  const ours = (page) => page.url().startsWith(process.env.PATCHBAY);
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  context.on("page", (page) => {
    page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
    page.on("console", (said) => {
      if (said.type() === "error" && ours(page)) complaints.push(`${page.url()}: ${said.text()}`);
    });
  });
  return context;
};

/** Makes the first admin and signs in. */
export const firstRun = async (page, origin, token) => {
  await page.goto(origin);
  await page.getByLabel("Operator's token").fill(token);
  await page.getByLabel("Your name").fill("Ada Park");
  await page.getByLabel("Your e-mail address").fill("ada@example.com");
  await page.getByLabel("A password").fill("correct horse battery");
  await page.getByRole("button", { name: "Make the admin and sign in" }).click();
  await page.getByRole("heading", { name: "Integrations" }).waitFor();
};

/** Signs in. */
export const signIn = async (page, origin, email, password) => {
  await page.goto(`${origin}/sign-in`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Integrations" }).waitFor();
};
