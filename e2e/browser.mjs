// The browser, the demo and what every page is held to.

import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const demo = JSON.parse(required('ATTEST_DEMO'));
const screenshots = required('ATTEST_SCREENSHOTS');

/** Where the demo listens, such as http://127.0.0.1:8080. */
export const address = new URL(demo.address).origin;

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];

function required(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set; run the tests by \`cargo xtask e2e\``);
  return value;
}

/** What the demo counted, by company, period and metric. */
export const { figures } = demo;

/** Who may log in: the person whose roles are exactly these, such as `acme: Viewer`. */
export function person(...roles) {
  const found = demo.logins.find((login) => login.roles.join() === roles.join());
  assert.ok(found, `the demo has nobody who is ${roles.join(' and ')}`);
  return found;
}

export const administrator = person('acme: Administrator');
export const manager = person('acme: Manager');
export const viewer = person('acme: Viewer');

/** A sample file of the repository. */
export const sample = (name) => readFile(new URL(`../fixtures/kintell/${name}`, import.meta.url));

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
export async function open(browser, { scheme = 'light', width = 1280, scripts = true, forced = false, as } = {}) {
  const context = await browser.newContext({
    baseURL: address,
    colorScheme: scheme,
    forcedColors: forced ? 'active' : 'none',
    reducedMotion: 'reduce',
    viewport: { width, height: 800 },
    javaScriptEnabled: scripts,
    storageState: as && (await sessionOf(browser, as)),
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(`script error: ${error.message}`));
  page.on('console', (message) => {
    // Chromium reports every page that is answered with an error, wanted or not.
    const isAnswer = message.text().startsWith('Failed to load resource') && message.location().url === page.url();
    if (['error', 'warning'].includes(message.type()) && !isAnswer) page.complaints.push(message.text());
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && origin !== address) {
      page.complaints.push(`asked another host: ${origin}`);
    }
  });
  return page;
}

const sessions = new Map();

/** The session of somebody who signed in once and has only looked since. */
function sessionOf(browser, login) {
  const { email } = login;
  if (!sessions.has(email)) sessions.set(email, begin(browser, login));
  return sessions.get(email);
}

async function begin(browser, login) {
  const page = await open(browser);
  await signIn(page, login);
  const state = await page.context().storageState();
  await page.context().close();
  return state;
}

/** Runs `test` with a page of its own and closes it; what no page may do fails the test. */
export async function visit(browser, options, test) {
  const page = await open(browser, options);
  try {
    await test(page);
    assert.deepEqual(page.complaints, []);
  } finally {
    await page.context().close();
  }
}

/** Fills in the sign-in form and sends it. */
export async function typeIn(page, { email, password }) {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Signs in by the form, as a person would, and ends on the page that follows. */
export async function signIn(page, login) {
  await page.goto('/login');
  await typeIn(page, login);
  await page.getByRole('button', { name: 'Log out' }).waitFor();
}

/** The heading of the whole page. */
export const headline = (page) => page.getByRole('heading', { level: 1 });

/** Uploads a file on the imports page, which is open. */
export async function upload(page, name, bytes) {
  await page.getByLabel('File', { exact: true }).setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(bytes) });
  await page.getByRole('button', { name: 'Upload and import' }).click();
}

/** Holds the page, as it is, to what holds for all; keeps a picture of it under `name`. */
export async function inspect(page, name, { axe = true } = {}) {
  await mkdir(screenshots, { recursive: true });
  await page.screenshot({ path: path.join(screenshots, `${name}.png`), fullPage: true });
  assert.match(await page.title(), /^.{3,} · Attest$/, name);
  const overflow = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
  assert.ok(overflow <= 0, `${name} is ${overflow} pixels wider than its window`);
  if (!axe) return;
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  const places = ({ nodes }) => nodes.map((node) => node.target.join(' ')).join(', ');
  const found = violations.map((violation) => `${violation.id}: ${places(violation)}`);
  assert.deepEqual(found, [], `axe on ${name}`);
}
