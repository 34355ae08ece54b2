// Draws docs/images/dashboard.png: the dashboard of the sample company Acme for a whole
// month. Run by hand after the page has changed, with the demo's own announcement:
//
//   attest demo --json --data-dir "$(mktemp -d)" > demo.json &
//   ATTEST_DEMO="$(head -1 demo.json)" ATTEST_BROWSER=$(command -v chromium) \
//     ATTEST_SCREENSHOTS=/tmp node e2e/picture.mjs

import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { headline, launch, visit, administrator } from './browser.mjs';

const target = fileURLToPath(new URL('../docs/images/dashboard.png', import.meta.url));
const browser = await launch();
try {
  await mkdir(new URL('.', new URL('../docs/images/dashboard.png', import.meta.url)), { recursive: true });
  await visit(browser, { as: administrator }, async (page) => {
    await page.goto('/c/acme?period=2026-04');
    await headline(page).waitFor();
    await page.screenshot({ path: target, fullPage: true });
  });
} finally {
  await browser.close();
}
