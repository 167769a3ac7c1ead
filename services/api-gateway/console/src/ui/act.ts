// What people do, and how the store hears of it at once instead of at the next event.
import type { Alarm, NewLock, NewRoadwork, Proposal, Roadwork } from "../api/types";
import * as store from "../state/store";

function server() {
  if (store.client.value === null) throw new Error("no key");
  return store.client.value;
}

function keepRoadwork(roadwork: Roadwork): Roadwork {
  store.roadworks.value = new Map(store.roadworks.value).set(roadwork.roadwork_id, roadwork);
  return roadwork;
}

const at = (id: string): string => encodeURIComponent(id);

export async function addRoadwork(body: NewRoadwork): Promise<Roadwork> {
  return keepRoadwork(await server().post<Roadwork>("/v1/roadworks", body));
}

export async function onRoadwork(id: string, what: "check" | "approve" | "refuse" | "end", body?: object): Promise<Roadwork> {
  return keepRoadwork(await server().post<Roadwork>(`/v1/roadworks/${at(id)}/${what}`, body));
}

export async function lock(sign: string, body: NewLock): Promise<void> {
  await server().put(`/v1/signs/${at(sign)}/lock`, body);
}

export async function release(sign: string): Promise<void> {
  await server().delete(`/v1/signs/${at(sign)}/lock`);
}

export async function answer(id: string, what: "accept" | "refuse"): Promise<void> {
  await server().post(`/v1/proposals/${at(id)}/${what}`);
  store.proposals.value = store.proposals.value.filter((proposal: Proposal) => proposal.proposal_id !== id);
}

export async function acknowledge(id: number): Promise<void> {
  const found = await server().post<Alarm>(`/v1/alarms/${id}/ack`);
  store.alarms.value = store.alarms.value.map((alarm) => (alarm.alarm_id === id ? found : alarm));
}
