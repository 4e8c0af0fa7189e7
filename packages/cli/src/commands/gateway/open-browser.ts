import { spawn } from "node:child_process";

/**
 * Opens a link in the user's browser, where there is one. The link is an argument of a program, which other users of the machine
 * can see while it starts: `--no-open` avoids that.
 */
export function openBrowser(link: string, env: NodeJS.ProcessEnv): void {
  const command = openerOf(env);
  if (command === undefined) return;
  const [program, ...args] = command;
  const child = spawn(program, [...args, link], { stdio: "ignore", detached: true });
  // The link is printed, too.
  child.on("error", () => undefined);
  child.unref();
}

function openerOf(env: NodeJS.ProcessEnv): readonly [program: string, ...args: string[]] | undefined {
  if (process.platform === "darwin") return ["open"];
  if (process.platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  const hasDisplay = (env.DISPLAY ?? "") !== "" || (env.WAYLAND_DISPLAY ?? "") !== "";
  return hasDisplay ? ["xdg-open"] : undefined;
}
