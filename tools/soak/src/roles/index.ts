import { approver, requester } from "./approvals.js";
import { eraser } from "./eraser.js";
import { follower } from "./follower.js";
import { holder } from "./holder.js";
import { policyEditor } from "./policy-editor.js";
import { reader } from "./reader.js";
import { retainer } from "./retainer.js";
import type { Role } from "./role.js";
import { sampler } from "./sampler.js";
import { sealer } from "./sealer.js";
import { writer } from "./writer.js";

export const ROLES = {
  writer,
  reader,
  follower,
  retainer,
  requester,
  approver,
  policyEditor,
  holder,
  sampler,
  sealer,
  eraser,
} as const satisfies Record<string, Role>;

export type RoleName = keyof typeof ROLES;
