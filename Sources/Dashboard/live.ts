import { api } from "./api";
import { Backoff } from "./backoff";
import { DataAge } from "./dataAge";
import { GridChain } from "./gridChain";
import type { GridBody, GridFrame, RatesFrame, ServerFrame } from "./types";

export type LinkState = "connecting" | "connected" | "reconnecting" | "offline";
export type ConnectionState = LinkState | "stale";

/** What listens to the feed. A `snapshot` comes before any `delta`, and again whenever deltas were missed. */
export interface LiveListener {
    snapshot(body: GridBody): void;
    delta(frame: GridFrame): void;
    rates(frame: RatesFrame): void;
    /** The link's state, or why the data cannot be had, changed. */
    linkChanged(): void;
}

const usualHeartbeat = 15;
const connectTimeout = 8_000;
const answerTimeout = 7_000;
const snapshotTimeout = 3_000;
const firstGridTimeout = 1_500;
/** How long after a refusal for asking too often it is asked again. */
const refusalPause = 10_000;
const pollPeriod = 30_000;
/** How long a lost socket is given before the grid is polled instead. */
const pollDelay = 4_000;
/** Data older than this is stale: twice the collector's poll period and some grace. */
const staleAfterSeconds = 90;

/**
 * The only WebSocket: keeps one to `/ws`, subscribes to the grid and to the rates of the assets being watched,
 * notices a silent server by pinging it, and polls the grid over HTTP while no socket can be had.
 */
export class LiveFeed {
    link: LinkState = "connecting";
    /** Why the grid cannot be had at the moment, in words for the reader; `null` while it can. */
    problem: string | null = null;
    readonly age = new DataAge();

    private socket: WebSocket | null = null;
    private readonly chain = new GridChain();
    private readonly backoff = new Backoff();
    private watched = new Set<string>();
    private subscribed = new Set<string>();
    private connectTimer = 0;
    private retryTimer = 0;
    private pollTimer = 0;
    private snapshotTimer = 0;
    private againTimer = 0;
    private pingTimer = 0;
    private pingID = 0;
    private pingPeriod = (usualHeartbeat / 3) * 1000;
    private heardAt = 0;
    private hasGrid = false;
    private awaitsGrid = false;

    constructor(private readonly listener: LiveListener) {}

    start(): void {
        window.addEventListener("online", () => this.retryNow());
        window.addEventListener("focus", () => this.retryNow());
        window.addEventListener("offline", () => this.lose("The browser is offline"));
        this.connect();
        this.schedulePoll(firstGridTimeout);
    }

    /** The link's state, or `stale` where the link is fine but what comes over it is old. */
    get connection(): ConnectionState {
        const old = (this.age.seconds ?? 0) > staleAfterSeconds;
        return this.link === "connected" && old ? "stale" : this.link;
    }

    /** Brings the whole grid anew, over the socket if there is one so that no delta can overtake it. */
    refresh(): void {
        if (this.link === "connected") return this.askForSnapshot();
        this.retryNow();
        void this.poll();
    }

    /** Names the assets whose contracts are on screen; only theirs are pushed. */
    watch(assets: Iterable<string>): void {
        this.watched = new Set(assets);
        this.syncSubscriptions();
    }

    // MARK: Socket

    private connect(): void {
        window.clearTimeout(this.retryTimer);
        const url = new URL("/ws", window.location.href);
        url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
        const socket = new WebSocket(url);
        this.socket = socket;
        this.connectTimer = window.setTimeout(() => this.lose("The live connection timed out"), connectTimeout);
        socket.addEventListener("open", () => this.opened(socket));
        socket.addEventListener("message", (message) => this.heard(socket, message));
        socket.addEventListener("close", () => {
            if (socket === this.socket) this.lose("The live connection was lost");
        });
    }

    private opened(socket: WebSocket): void {
        if (socket !== this.socket) return;
        window.clearTimeout(this.connectTimer);
        this.heardAt = performance.now();
        this.subscribed.clear();
        this.askForSnapshot();
        this.syncSubscriptions();
        this.pingTimer = window.setInterval(() => this.checkPulse(), 1_000);
    }

    private heard(socket: WebSocket, message: MessageEvent): void {
        if (socket !== this.socket || typeof message.data !== "string") return;
        this.heardAt = performance.now();
        const frame = JSON.parse(message.data) as ServerFrame;
        if ("ts" in frame) this.age.setClock(frame.ts);
        switch (frame.type) {
            case "hello":
                this.pingPeriod = Math.max(1, (frame.heartbeat_s ?? usualHeartbeat) / 3) * 1000;
                break;
            case "snapshot":
                if (frame.channel === "grid") this.takeSnapshot(frame.data, frame.seq);
                break;
            case "grid":
                this.takeDelta(frame);
                break;
            case "rates":
                this.listener.rates(frame);
                break;
            case "error":
                console.warn(`The server refused a live request: ${frame.code}: ${frame.detail}`);
                if (frame.code === "rate_limited") this.askAgain();
                break;
            case "pong":
                break;
        }
    }

    private takeSnapshot(body: GridBody, seq: number): void {
        window.clearTimeout(this.snapshotTimer);
        window.clearTimeout(this.pollTimer);
        this.awaitsGrid = false;
        this.chain.restart(seq);
        this.backoff.reset();
        this.hasGrid = true;
        this.listener.snapshot(body);
        this.setLink("connected", null);
    }

    private takeDelta(frame: GridFrame): void {
        switch (this.chain.judge(frame)) {
            case "apply":
                this.awaitsGrid = false;
                return this.listener.delta(frame);
            case "missed":
                // The answer fills the hole; what comes before it is dropped, since the answer holds that too.
                if (this.awaitsGrid) return;
                this.send({ op: "resume", seq: this.chain.lastSeq });
                return this.expectGrid();
            case "ignore":
                return;
        }
    }

    private askForSnapshot(): void {
        this.send({ op: "subscribe", channel: "grid" });
        this.expectGrid();
    }

    /** Some of what was asked for was asked for too soon: after a while all of it is asked for once more. */
    private askAgain(): void {
        window.clearTimeout(this.snapshotTimer);
        window.clearTimeout(this.againTimer);
        this.againTimer = window.setTimeout(() => {
            if (this.socket?.readyState !== WebSocket.OPEN) return;
            this.subscribed.clear();
            if (this.awaitsGrid) this.askForSnapshot();
            this.syncSubscriptions();
        }, refusalPause);
    }

    /** A server that answers a resume or a subscription with nothing is given up for a new connection. */
    private expectGrid(): void {
        this.awaitsGrid = true;
        window.clearTimeout(this.snapshotTimer);
        this.snapshotTimer = window.setTimeout(() => {
            if (this.awaitsGrid) this.lose("The server sent no grid");
        }, snapshotTimeout);
    }

    /** Asks a silent server for a sign of life, and gives the connection up if none comes. */
    private checkPulse(): void {
        const silence = performance.now() - this.heardAt;
        if (silence > this.pingPeriod + answerTimeout) return this.lose("The server stopped answering");
        if (silence > this.pingPeriod) this.send({ op: "ping", id: (this.pingID += 1) });
    }

    private lose(reason: string): void {
        const socket = this.socket;
        this.socket = null;
        for (const timer of [this.connectTimer, this.snapshotTimer, this.againTimer, this.retryTimer]) {
            window.clearTimeout(timer);
        }
        window.clearInterval(this.pingTimer);
        socket?.close();
        if (this.link === "connected") this.schedulePoll(pollDelay);
        // Until the first grid has come, nothing has been lost yet: the first poll decides between data and an error.
        if (this.link !== "offline" && this.hasGrid) {
            this.setLink(navigator.onLine ? "reconnecting" : "offline", reason);
        }
        this.retryTimer = window.setTimeout(() => this.connect(), this.backoff.nextMilliseconds());
    }

    private retryNow(): void {
        if (this.socket === null) this.connect();
    }

    private send(message: object): void {
        if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
    }

    private syncSubscriptions(): void {
        if (this.socket?.readyState !== WebSocket.OPEN) return;
        const added = [...this.watched].filter((asset) => !this.subscribed.has(asset));
        const dropped = [...this.subscribed].filter((asset) => !this.watched.has(asset));
        if (added.length > 0) this.send({ op: "subscribe", channel: "rates", assets: added });
        if (dropped.length > 0) this.send({ op: "unsubscribe", channel: "rates", assets: dropped });
        this.subscribed = new Set(this.watched);
    }

    // MARK: Polling

    private schedulePoll(delay: number): void {
        window.clearTimeout(this.pollTimer);
        this.pollTimer = window.setTimeout(() => void this.poll(), delay);
    }

    private async poll(): Promise<void> {
        this.schedulePoll(pollPeriod);
        try {
            if (!this.hasGrid) api.forgetGrid();
            const body = await api.grid();
            if (this.link === "connected") return;
            if (body !== null) {
                this.age.setClock(body.timestamp);
                this.hasGrid = true;
                this.listener.snapshot(body);
            }
            this.setLink("reconnecting", null);
        } catch (error) {
            if (this.link !== "connected") this.setLink("offline", (error as Error).message);
        }
    }

    private setLink(link: LinkState, problem: string | null): void {
        if (this.link === link && this.problem === problem) return;
        this.link = link;
        this.problem = problem;
        this.listener.linkChanged();
    }
}
