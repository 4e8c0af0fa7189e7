import { needing } from "@agent-assembly/test-services/needing";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectQuiet, goTo, openBrowser, rest, visit } from "../support/browser.js";
import { startGateway } from "../support/gateway.js";

describe(...needing("chromium", "who may look at the page"), () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
  });

  it("without a session it says which command opens it, and asks for nothing else", async () => {
    await using gateway = await startGateway({ anonymous: [] });
    const watch = await visit(browser, gateway.url, "#/events");
    await watch.page.getByRole("button", { name: "aasm dashboard" }).waitFor();
    expect(await watch.page.locator("#events").count()).toBe(0);
    // The browser repeats the gateway's 401 in its console; nothing else was said.
    expect(watch.problems.filter((problem) => !problem.includes("401"))).toEqual([]);
    await watch.page.context().close();
  });

  it("a link opens it once, and its token leaves the address bar and the history", async () => {
    await using gateway = await startGateway({ content: "demo", anonymous: [] });
    const token = gateway.server.gateway.link();
    const first = await visit(browser, gateway.url, `#t=${token}`);
    await first.page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name: "Events" }).click();
    await rest(first);
    await first.page.locator(".row:not(.head)").first().waitFor();
    expect(first.page.url()).not.toContain(token);
    await first.page.goBack();
    expect(first.page.url()).not.toContain(token);
    await first.page.reload();
    await first.page.locator(".figures").first().waitFor();
    await expectQuiet(first);

    const second = await visit(browser, gateway.url, `#t=${token}`);
    await second.page.getByText("the token is unknown, expired or already used").waitFor();
    expect(await second.page.locator(".row").count()).toBe(0);
    await first.page.context().close();
    await second.page.context().close();
  });

  it("who may only read sees no button that changes anything", async () => {
    await using gateway = await startGateway({ content: "demo", anonymous: ["read"] });
    const { policies } = gateway.storage;
    const { version } = await policies.save({ name: "demo-guardrails", source: "version: 2\n" }, { actor: "ann" });
    await policies.activate("demo-guardrails", version, { actor: "ann" });
    const watch = await visit(browser, gateway.url, "#/approvals");
    await watch.page.locator(".request").first().waitFor();
    const names = /^(approve|deny|claim|activate|roll back|place a hold|release)/i;
    for (const place of ["#/approvals", "#/policies?name=demo-guardrails", "#/retention"]) {
      await goTo(watch, place);
      expect(await watch.page.getByRole("button", { name: names }).count(), place).toBe(0);
    }
    await watch.page.locator("body").press("a");
    expect(await watch.page.getByRole("dialog").count()).toBe(0);
    await expectQuiet(watch);
    await watch.page.context().close();
  });

  it("of two browsers that decide one request, the second is told who was faster", async () => {
    await using gateway = await startGateway();
    const { approvals } = gateway.storage;
    const { requestId } = await approvals.submit({ agentId: "bot", action: "tool_call", request: { tool: "refund" } });
    const [first, second] = await Promise.all([
      visit(browser, gateway.url, "#/approvals"),
      visit(browser, gateway.url, "#/approvals"),
    ]);
    await first.page.getByRole("button", { name: "Approve" }).click();
    await second.page.getByRole("button", { name: "Deny" }).click();
    const confirm = (name: string) => ({ name, exact: true });
    await first.page.getByRole("dialog").getByRole("button", confirm("Approve")).click();
    await first.page.getByRole("dialog").waitFor({ state: "detached" });
    await second.page.getByRole("dialog").getByRole("button", confirm("Deny")).click();
    await second.page
      .getByRole("alert")
      .getByText(/Decided by loopback .*: approved\./)
      .waitFor();
    expect((await approvals.get(requestId))?.state).toBe("approved");
    const [recorded] = (await gateway.storage.audit.query({ action: "governance" })).items;
    expect(recorded?.payload).toMatchObject({ change: "approval.decided", actor: "loopback" });
    for (const { page } of [first, second]) await page.context().close();
  });
});
