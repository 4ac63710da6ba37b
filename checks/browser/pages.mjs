// The pages of a workspace, each with the name of its picture.
const PAGES = [
  ["integrations", "integrations"],
  ["hubspot", "integrations/hubspot"],
  ["aircall", "integrations/aircall"],
  ["calendar", "integrations/calendar"],
  ["disconnect", "integrations/calendar/disconnect"],
  ["calls", "calls"],
  ["calls-logging", "calls/logging"],
  ["calls-owners", "calls/owners"],
  ["meetings", "meetings"],
  ["activity", "activity"],
  ["problems", "problems"],
  ["health", "health"],
  ["retention", "retention"],
  ["audit", "audit"],
  ["users", "users"],
];

/** All pages, with the newest record and the pages outside of a workspace. */
export const pages = async (page, origin) => {
  await page.goto(`${origin}/w/default/activity`);
  const record = await page.locator(".item a").first().getAttribute("href");
  return [
    ...PAGES.map(([name, path]) => [name, `${origin}/w/default/${path}`]),
    ["record", `${origin}${record}`],
    ["account", `${origin}/account`],
    ["not-found", `${origin}/w/default/nowhere`],
  ];
};
