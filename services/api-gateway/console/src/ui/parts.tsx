// Small parts that several panels share.
import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { LevelOfService } from "../api/types";
import { open, type Tab } from "../state/view";
import { t, trouble } from "../words/words";

/** A panel with its heading, which takes the focus: whoever opened it by keyboard or screen reader is there. */
export function Panel({ title, back, children }: { title: string; back?: Tab; children: ComponentChildren }): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (back !== undefined) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <section class="panel-body" aria-label={title} onKeyDown={(event) => event.key === "Escape" && back !== undefined && open(back)}>
      <header class="panel-head">
        {back !== undefined && (
          <button type="button" class="quiet" onClick={() => open(back)} aria-label={t("back")}>
            ←
          </button>
        )}
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
      </header>
      {children}
    </section>
  );
}

export function Level({ level }: { level: LevelOfService | "closed" }): JSX.Element {
  return (
    <span class="level">
      <span class={`swatch ${level}`} aria-hidden="true" />
      {t(level)}
    </span>
  );
}

export function Empty({ children }: { children: ComponentChildren }): JSX.Element {
  return <p class="empty">{children}</p>;
}

/** A button that does something at the server: shows that it is under way, and says in place what went wrong. */
export function Act({ label, does, kind = "", disabled = false, name }: { label: string; does: () => Promise<unknown>; kind?: string; disabled?: boolean; name?: string }): JSX.Element {
  const busy = useSignal(false);
  const failed = useSignal<string | null>(null);
  const act = async (): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    failed.value = null;
    try {
      await does();
    } catch (error) {
      failed.value = trouble(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <>
      <button type="button" class={kind} aria-label={name} disabled={disabled} aria-busy={busy.value} onClick={() => void act()}>
        {label}
      </button>
      {failed.value !== null && (
        <p class="problem" role="alert">
          {failed.value}
        </p>
      )}
    </>
  );
}

export function Rows({ rows }: { rows: (readonly [string, ComponentChildren])[] }): JSX.Element {
  return (
    <dl class="rows">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
