// Accessibility by axe-core: nothing that it calls serious or critical may be found on a page.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const GRAVE = new Set(["serious", "critical"]);

/** The grave findings on the page that is open, each in a line. */
export const findings = async (page) => {
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => GRAVE.has(impact))
    .flatMap(({ id, help, nodes }) => nodes.map((node) => `${page.url()}: ${id}: ${help}: ${node.html.slice(0, 200)}`));
};
