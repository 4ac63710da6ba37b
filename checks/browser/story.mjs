// A day of an admin: everything is connected, a rule is made, a call comes in and changes, lists change, access is lost and found.
import assert from "node:assert/strict";

import { firstRun, signIn } from "./browser.mjs";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const done = (step) => console.log(`ok: ${step}`);

/** Presses a button of the sandbox within a row or a form that holds some words. */
const press = async (page, origin, within, button) => {
  await page.goto(origin);
  const holder = page.locator("tr, form").filter({ hasText: within }).filter({ has: page.getByRole("button", { name: button, exact: true }) });
  await holder.last().getByRole("button", { name: button, exact: true }).first().click();
  await page.waitForLoadState();
};

const grant = async (page, { patchbay }) => {
  await page.goto(`${patchbay}/w/default/integrations/hubspot`);
  await page.getByRole("button", { name: "Grant HubSpot access" }).click();
  await page.getByRole("button", { name: "Connect app" }).click();
  await page.getByText("Calls and meetings are written to account").first().waitFor();
};

const connect = async (page, { patchbay }) => {
  await page.goto(`${patchbay}/w/default/integrations/aircall`);
  await page.getByLabel("API id").fill("sandbox");
  await page.getByLabel("API token").fill("sandbox");
  await page.getByRole("button", { name: "Connect Aircall" }).click();
  await page.getByText("Aircall is connected.").waitFor();
  await page.goto(`${patchbay}/w/default/integrations/calendar`);
  await page.getByLabel("Your Calendar.com plan").selectOption("pro");
  await page.getByLabel("Signing secret").fill(SECRET);
  await page.getByRole("button", { name: "Connect Calendar.com" }).click();
  await page.getByText("Calendar.com is connected.").waitFor();
};

const addRule = async (page, { patchbay }) => {
  await page.goto(`${patchbay}/w/default/calls`);
  await page.getByLabel("Aircall tag").first().selectOption({ label: "bad call" });
  await page.getByLabel("Outcome", { exact: true }).first().selectOption({ label: "No answer" });
  await page.getByRole("button", { name: "Add outcome rule" }).click();
  await page.locator(".rule").filter({ hasText: "bad call" }).filter({ hasText: "No answer" }).waitFor();
};

/** Calls somebody from the sandbox's phone, as an agent who answers at once. */
const call = async (page, { aircall }, number) => {
  await page.goto(aircall);
  await page.getByLabel("Other party's number").fill(number);
  await page.getByLabel("What happens").selectOption("ringing");
  await page.getByRole("button", { name: "Place call" }).click();
  await press(page, aircall, "outbound, ringing", "Answer");
};

const hangUp = async (page, { aircall }) => {
  await press(page, aircall, "outbound, talking", "Hang up");
  await press(page, aircall, "outbound, ended", "End");
};

/** The newest call on the list that is open and stays so. */
const newest = (list) => list.locator(".item").first();

const seeLive = async (list, page, world) => {
  await list.goto(`${world.patchbay}/w/default/activity`);
  await list.locator("#feed[data-live]").waitFor({ state: "attached" });
  await list.evaluate(() => (globalThis.stays = true));
  await call(page, world, "+14155550132");
  await newest(list).getByText("its outcome is decided then").waitFor();
  await page.goto(world.aircall);
  await page.getByLabel(/^Tag call/).first().selectOption("bad call");
  await page.getByRole("button", { name: "Tag", exact: true }).first().click();
  await page.waitForLoadState();
  await hangUp(page, world);
  await newest(list).getByText("Outcome \"No answer\": rule for the tag \"bad call\".").waitFor();
  done("a call arrives on the open list with its reason");
  await press(page, world.aircall, "outbound, ended", "bad call ✕");
  await newest(list).getByText("Outcome \"Connected\": default").waitFor();
  assert.equal(await list.evaluate(() => globalThis.stays), true, "the list was not loaded again");
  done("the tag is taken off, and the open list changes");
};

const seeStory = async (page, { patchbay }) => {
  await page.goto(`${patchbay}/w/default/activity`);
  await page.locator(".item a").first().click();
  for (const what of ["Received", "Decided", "Written"]) await page.locator(".what", { hasText: what }).first().waitFor();
  await page.getByText("rule for the tag \"bad call\"").first().waitFor();
  await page.getByText("The webhook as it came").first().click();
  await page.locator("pre").first().waitFor({ state: "visible" });
};

const find = async (page, { patchbay }) => {
  for (const [query, count] of [["0132", 1], ["no such name", 0]]) {
    await page.goto(`${patchbay}/w/default/activity`);
    await page.getByLabel("Search").fill(query);
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.waitForURL(/search=/);
    assert.equal(await page.locator(".item").count(), count, query);
  }
};

const loseOutcome = async (page, world) => {
  await page.goto(`${world.patchbay}/w/default/calls`);
  const choices = () => page.getByLabel("Outcome", { exact: true }).first().locator("option").allTextContents();
  assert.ok((await choices()).includes("No answer"));
  await press(page, world.hubspot, "73a0d17f-1163-4015-bdd5-ec830791da20", "Delete");
  await page.goto(`${world.patchbay}/w/default/calls`);
  assert.ok(!(await choices()).includes("No answer"), "it left the choices at once");
  // In the hour before midnight it is the next day's, and says so.
  await page.locator(".standing").getByText(/still used until (\d?\d \w{3}( \d{4})?, )?\d\d:\d\d/i).first().waitFor();
};

const loseTag = async (page, world) => {
  await press(page, world.aircall, "780883010", "Delete");
  await page.goto(`${world.patchbay}/w/default/calls`);
  await page.locator(".rule", { hasText: "Deleted tag" }).waitFor();
};

const loseAccess = async (list, page, world) => {
  await press(page, world.hubspot, "Uninstall the app", "Uninstall the app");
  await call(page, world, "+14155550188");
  await hangUp(page, world);
  await newest(list).getByText("Waiting", { exact: true }).waitFor();
  await page.goto(`${world.patchbay}/w/default/integrations`);
  await page.getByText("Needs attention").first().waitFor();
  done("an uninstalled app is shown, and what comes in waits");
  await grant(page, world);
  await newest(list).getByText("Logged", { exact: true }).waitFor();
  await page.goto(world.hubspot);
  await page.getByRole("link", { name: /Call to \+1 415-555-0188|Outbound call to \+1 415-555-0188/i }).first().waitFor();
};

const lookOnly = async (page, viewer, world) => {
  await page.goto(`${world.patchbay}/w/default/users`);
  await page.getByLabel("Name").fill("Vi Ewer");
  await page.getByLabel("E-mail address").fill("vi@example.com");
  await page.getByRole("button", { name: "Add" }).click();
  const password = (await page.locator("code, input[readonly]").first().evaluate((it) => it.value ?? it.textContent)).trim();
  await signIn(viewer, world.patchbay, "vi@example.com", password);
  for (const path of ["integrations", "calls", "meetings", "problems", "activity", "users"]) {
    await viewer.goto(`${world.patchbay}/w/default/${path}`);
    assert.equal(await viewer.locator("main form[method=post] button:enabled").count(), 0, `${path} offers nothing to change`);
  }
  for (const path of ["calls/outcomes", "integrations/hubspot/pause", "problems/retry", "replay", "users"]) {
    const answer = await viewer.request.post(`${world.patchbay}/w/default/${path}`, { form: { csrf: "guessed" } });
    assert.equal(answer.status(), 403, path);
  }
};

/** Plays the day; returns the admin's window. */
export const play = async (admin, viewer, world) => {
  const page = await admin.newPage();
  const list = await admin.newPage();
  await firstRun(page, world.patchbay, world.token);
  done("the first admin is made and signed in");
  await grant(page, world);
  done("access is granted on HubSpot's page");
  await connect(page, world);
  done("Aircall and Calendar.com are connected");
  await addRule(page, world);
  done("a rule is added");
  await seeLive(list, page, world);
  await seeStory(page, world);
  done("the call tells its story");
  await find(page, world);
  done("the call is found by its number");
  await loseOutcome(page, world);
  done("a deleted outcome leaves the choices, and its rule says until when it is used");
  await loseTag(page, world);
  done("a deleted tag is shown as one");
  await loseAccess(list, page, world);
  done("access is granted anew, and what waited is written");
  await lookOnly(page, await viewer.newPage(), world);
  done("a viewer can change nothing");
  return page;
};
