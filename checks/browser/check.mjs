// Plays the story on a server that nobody has used yet, then looks at each page with axe-core, light and dark.
// Its addresses and the operator's token come in the environment.
import { findings } from "./axe.mjs";
import { open, person } from "./browser.mjs";
import { pages } from "./pages.mjs";
import { play } from "./story.mjs";

const { PATCHBAY: patchbay, HUBSPOT: hubspot, AIRCALL: aircall, SCHEDULER: scheduler, TOKEN: token } = process.env;
const world = { patchbay, hubspot, aircall, scheduler, token };
const wrong = [];
const TELEPHONE = { width: 390, height: 844 };
const browser = await open();
try {
  const complaints = [];
  const admin = await person(browser, complaints);
  const viewer = await person(browser, complaints);
  const page = await play(admin, viewer, world);
  wrong.push(...complaints);
  const all = [...(await pages(page, patchbay)), ["sandbox-hubspot", hubspot], ["sandbox-aircall", aircall], ["sandbox-scheduler", scheduler]];
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const [, address] of all) {
      await page.goto(address);
      wrong.push(...(await findings(page)));
    }
    const stranger = await (await person(browser, complaints, { colorScheme })).newPage();
    for (const door of ["sign-in", "back-in"]) {
      await stranger.goto(`${patchbay}/${door}`);
      wrong.push(...(await findings(stranger)));
    }
  }
  console.log(`ok: ${all.length + 2} pages were looked at with axe-core, light and dark`);
  await page.setViewportSize(TELEPHONE);
  for (const [, address] of all.filter(([, address]) => address.startsWith(patchbay))) {
    await page.goto(address);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);
    if (over > 0) wrong.push(`${address} is ${over} pixels wider than a telephone`);
  }
  console.log("ok: the dashboard's pages were held against the width of a telephone");
} finally {
  await browser.close();
}
if (wrong.length > 0) {
  console.error(wrong.join("\n"));
  process.exit(1);
}
