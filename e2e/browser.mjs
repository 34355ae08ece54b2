// The browser, the demo and what every page is held to.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const demo = JSON.parse(required('ATTEST_DEMO'));
const screenshots = required('ATTEST_SCREENSHOTS');

/** Where the demo listens, such as http://127.0.0.1:8080. */
export const address = new URL(demo.address).origin;

/** Runs Acme. */
export const ADMINISTRATOR = 'ingrid@acme.example';
/** Looks at Acme and may not import. */
export const VIEWER = 'leila@acme.example';
/** Belongs to two companies and so has to choose one. */
export const PARTNER = 'mykola@partner.example';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];

function required(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set; run the tests by \`cargo xtask e2e\``);
  return value;
}

/** Starts Chromium; whoever starts it closes it. */
export function launch() {
  return chromium.launch({
    executablePath: required('ATTEST_BROWSER'),
    // A container has no user namespaces for the sandbox; the pages are our own.
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
}

/**
 * A page in a context of its own. Everything that should not happen on any page
 * is written down in `page.complaints`.
 */
export async function open(browser, { scheme = 'light', width = 1280, scripts = true } = {}) {
  const options = {
    baseURL: address,
    colorScheme: scheme,
    reducedMotion: 'reduce',
    viewport: { width, height: 800 },
  };
  const context = await browser.newContext({ ...options, javaScriptEnabled: scripts });
  const page = await context.newPage();
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(`script error: ${error.message}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) page.complaints.push(message.text());
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && origin !== address) {
      page.complaints.push(`asked another host: ${origin}`);
    }
  });
  page.measured = scripts ? async (measure) => measure(page) : onTwin(page, options);
  return page;
}

/**
 * Where scripts are switched off, axe cannot run either. It then looks at a twin:
 * the same address, signed in the same, whose own scripts are never loaded.
 */
function onTwin(page, options) {
  return async (measure) => {
    const storageState = await page.context().storageState();
    const context = await page.context().browser().newContext({ ...options, storageState });
    try {
      const twin = await context.newPage();
      await twin.route('**/*', (route) =>
        route.request().resourceType() === 'script' ? route.abort() : route.continue(),
      );
      await twin.goto(page.url());
      return await measure(twin);
    } finally {
      await context.close();
    }
  };
}

/** Fills the form at the door, as a person would. */
export async function signIn(page, email) {
  const login = demo.logins.find((one) => one.email === email);
  assert.ok(login, `the demo has no login ${email}`);
  await page.goto('/login');
  await page.getByLabel('E-mail address').fill(login.email);
  await page.getByLabel('Password', { exact: true }).fill(login.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Log out' }).waitFor();
}

/** Holds the page to what holds for all, and keeps a picture of it. */
export async function inspect(page, name) {
  await mkdir(screenshots, { recursive: true });
  await page.screenshot({ path: path.join(screenshots, `${name}.png`), fullPage: true });
  assert.deepEqual(page.complaints, [], name);
  const { overflow, violations } = await page.measured(async (seen) => ({
    overflow: await seen.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth - clientWidth;
    }),
    violations: (await new AxeBuilder({ page: seen }).withTags(RULES).analyze()).violations,
  }));
  assert.ok(overflow <= 0, `${name} is ${overflow} pixels wider than its window`);
  const places = ({ nodes }) => nodes.map((node) => node.target.join(' ')).join(', ');
  const found = violations.map((violation) => `${violation.id}: ${places(violation)}`);
  assert.deepEqual(found, [], `axe on ${name}`);
}
