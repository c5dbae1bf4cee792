/** Compiles when every program written against the contract compiles against the package. */
import type * as Contract from "./contract/qmgr.js";
import * as shipped from "qmgr";

type Classes = "GuidEnumerator" | "Group" | "Job" | "QmgrError" | "QueueManager";

/** Constants and functions. */
export const values: Omit<typeof Contract, Classes> = shipped;
export const classes: Record<Classes, Function> = shipped;
export const open: (typeof Contract.QueueManager)["open"] = shipped.QueueManager.open;

/** What a program gets. */
interface Given<Q, G, J, E, N, S, D, F, GS, JS, GE> {
  queue: Q; group: G; job: J; error: E; ids: N; stored: S;
  groupDetails: D; fileDetails: F; groupStatus: GS; jobStatus: JS; groupError: GE;
}
type Promised = Given<
  Contract.QueueManager, Contract.Group, Contract.Job, Contract.QmgrError, Contract.GuidEnumerator, Contract.StoredFile,
  Contract.GroupDetails, Contract.FileDetails, Contract.GroupStatus, Contract.JobStatus, Contract.GroupError
>;
type Shipped = Given<
  shipped.QueueManager, shipped.Group, shipped.Job, shipped.QmgrError, shipped.GuidEnumerator, shipped.StoredFile,
  shipped.GroupDetails, shipped.FileDetails, shipped.GroupStatus, shipped.JobStatus, shipped.GroupError
>;
export const given = (it: Shipped): Promised => it;

/** What a program hands over. */
interface Taken<O, C, F, B> {
  open: O; call: C; file: F; callback: B;
}
export const taken = (
  it: Taken<Contract.OpenOptions, Contract.CallOptions, Contract.FileSetInfo, Contract.BackgroundCopyCallback>,
): Taken<shipped.OpenOptions, shipped.CallOptions, shipped.FileSetInfo, shipped.BackgroundCopyCallback> => it;

/** What a program listens to. */
export const events = (
  group: shipped.GroupEventMap, queue: shipped.QueueManagerEventMap,
): [Contract.GroupEventMap, Contract.QueueManagerEventMap] => [group, queue];
