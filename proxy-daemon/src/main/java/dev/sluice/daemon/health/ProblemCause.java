// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.health;

/** What is wrong, told apart by cause: by what an operator does about it. */
public enum ProblemCause {
    STARTING("starting", "rules", "Wait, or remove what it waits for."),
    OTHER_PROXY("other-proxy", "rules", "Stop the other proxy, or let it serve the node."),
    NODE_NOT_ELIGIBLE(
            "node-not-eligible",
            "node",
            "Nothing is to be done while the node is being removed; else check --hostname-override and the Node."),
    SYNC_LATE("sync-late", "rules", "Look for the sync's error in the log; the proxy retries."),
    SYNC_FAILING("sync-failing", "syncs", "Do what the message says; the proxy retries, and the last rules stay."),
    API_UNREACHABLE(
            "api-unreachable",
            "api-server",
            "Check the network to the API server, its address and its certificate; the rules in force stay."),
    API_REFUSES("api-refuses", "api-requests", "Check the API server's log and what stands between; the rules stay."),
    CREDENTIALS_REFUSED(
            "credentials-refused",
            "credentials",
            "Give the proxy's account valid credentials and the ClusterRole system:node-proxier."),
    CLIENT_CERTIFICATE(
            "client-certificate", "client-certificate", "Renew it; a changed file is loaded without a restart."),
    WATCH_STALE("watch-stale", "watches", "Look for the cause among the other problems; the last known state stays."),
    CONFIGURATION_REFUSED(
            "configuration-refused",
            "configuration",
            "Correct the file; the process goes on with what it was started with, and could not start with this."),
    MANIFESTS_FAILING("manifests-failing", "manifests", "Correct what the message names; what was last read stays."),
    RULES_CONTESTED(
            "rules-contested",
            "rules-uncontested",
            "Stop the other program, or have it leave the proxy's rules alone."),
    THREAD_FAILING("thread-failing", "threads", "Please report this with the log; its work begins again by itself."),
    THREAD_HANGING("thread-hanging", "threads", "Please report this with the log, which has the thread's stack."),
    OBJECT("object", "objects", "Correct the object; everything else is in force.");

    private final String label;
    private final String check;
    private final String remedy;

    ProblemCause(String label, String check, String remedy) {
        this.label = label;
        this.check = check;
        this.remedy = remedy;
    }

    /** As JSON and metrics have it. */
    public String label() {
        return label;
    }

    /** The check of the verbose pages that fails of it; several causes may share one. */
    String check() {
        return check;
    }

    /** What to do, as a sentence. */
    String remedy() {
        return remedy;
    }
}
