// Pictures of each page, light, dark and narrow, of a demo that runs: node screenshots.mjs FOLDER
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { open, person, signIn } from "./browser.mjs";
import { pages } from "./pages.mjs";

const { PATCHBAY: patchbay, HUBSPOT: hubspot, AIRCALL: aircall, SCHEDULER: scheduler, EMAIL: email, PASSWORD: password } = process.env;
const folder = process.argv[2];
const LOOKS = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  narrow: { colorScheme: "light", viewport: { width: 390, height: 844 } },
};

await mkdir(folder, { recursive: true });
const browser = await open();
try {
  const first = await (await person(browser, [])).newPage();
  await signIn(first, patchbay, email, password);
  const storageState = await first.context().storageState();
  const all = [...(await pages(first, patchbay)), ["sandbox-hubspot", hubspot], ["sandbox-aircall", aircall], ["sandbox-scheduler", scheduler]];
  for (const [look, options] of Object.entries(LOOKS)) {
    const page = await (await person(browser, [], { ...options, storageState })).newPage();
    for (const [name, address] of all) {
      await page.goto(address);
      await page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true });
    }
    const stranger = await (await person(browser, [], options)).newPage();
    await stranger.goto(`${patchbay}/sign-in`);
    await stranger.screenshot({ path: join(folder, `sign-in-${look}.png`), fullPage: true });
  }
  console.log(`${(all.length + 1) * Object.keys(LOOKS).length} pictures in ${folder}`);
} finally {
  await browser.close();
}
