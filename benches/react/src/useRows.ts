import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { io } from "socket.io-client";
import type { Parameters } from "./parameters";
import { applyChange, applyChanges, byPrice, type Change, type Row } from "./row";

async function fetchRows(run: string): Promise<Row[]> {
  const response = await fetch(`/runs/${run}/rows`);
  if (!response.ok) throw new Error(`the rows could not be fetched: ${response.status}`);
  return response.json();
}

/** The rows of a run: fetched once, kept fresh by events. */
export function useRows({ run, sorted, batched }: Parameters): Row[] {
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: ["rows", run],
    queryFn: () => fetchRows(run),
    staleTime: Infinity,
    // Who batches has an array that is new by design; comparing it row by row gains nothing.
    structuralSharing: !batched,
  });

  useEffect(() => {
    const queryKey = ["rows", run];
    const socket = io({ transports: ["websocket"] });
    let frame = 0;
    let waiting: Change[] = [];
    const flush = () => {
      frame = 0;
      const changes = waiting;
      waiting = [];
      client.setQueryData<Row[]>(queryKey, (rows) => rows && applyChanges(rows, changes));
    };
    let connectedBefore = false;
    socket.on("connect", () => {
      socket.emit("subscribe", `run:${run}`);
      if (connectedBefore) void client.invalidateQueries({ queryKey });
      connectedBefore = true;
    });
    socket.on("list:update", (change: Change) => {
      if (batched) {
        waiting.push(change);
        frame ||= requestAnimationFrame(flush);
      } else {
        client.setQueryData<Row[]>(queryKey, (rows) => rows && applyChange(rows, change));
      }
    });
    return () => {
      cancelAnimationFrame(frame);
      socket.disconnect();
    };
  }, [client, run, batched]);

  return useMemo(() => {
    const rows = data ?? [];
    return sorted ? [...rows].sort(byPrice) : rows;
  }, [data, sorted]);
}
