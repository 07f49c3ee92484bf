import fs from "node:fs";

/// The reference's examples, as `peers cases` prints them.
export const read = (file) => JSON.parse(fs.readFileSync(file, "utf8"));

/// The least wall and user seconds of some runs of this process and its threads, with the last result. `user` gives the
/// user seconds spent so far, where the work is in another process.
export async function least(runs, work, user = () => process.cpuUsage().user / 1e6) {
    let [wall, cpu, last] = [Infinity, Infinity];
    for (let i = 0; i < Number(runs); i++) {
        const [start, before] = [performance.now(), user()];
        last = await work();
        wall = Math.min(wall, (performance.now() - start) / 1e3);
        cpu = Math.min(cpu, user() - before);
    }
    return [{ wall, user: cpu, runs: Number(runs) }, last];
}
