// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.core.net.IpAddress;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The outcome of one call. */
public sealed interface Outcome {

    /**
     * A Pod answered.
     *
     * @param pod its name
     * @param port the port that it was reached on
     * @param peer the source address that it saw
     * @param from the source address of the answer, as the caller saw it
     */
    record Answer(String pod, int port, IpAddress peer, int peerPort, String from) implements Outcome {
        private static final Pattern LINE =
                Pattern.compile("pod=(\\S+) port=(\\d+) peer=\\[?([0-9a-f.:]+?)\\]?:(\\d+)");

        static Optional<Answer> parse(String line, String from) {
            Matcher m = LINE.matcher(line.strip());
            return m.matches()
                    ? Optional.of(new Answer(
                            m.group(1),
                            Integer.parseInt(m.group(2)),
                            IpAddress.of(m.group(3)),
                            Integer.parseInt(m.group(4)),
                            from))
                    : Optional.empty();
        }

        @Override
        public String toString() {
            return pod + ":" + port + " saw " + peer.withPort(peerPort);
        }
    }

    /** An immediate error: a reset, or a port-unreachable. */
    record Refused() implements Outcome {
        @Override
        public String toString() {
            return "refused";
        }
    }

    /** No answer in time. */
    record TimedOut() implements Outcome {
        @Override
        public String toString() {
            return "no answer";
        }
    }

    /** The connection was accepted, then closed without an answer. */
    record Closed() implements Outcome {
        @Override
        public String toString() {
            return "closed without an answer";
        }
    }

    /** The network reported that the destination is unreachable. */
    record Unreachable(String reason) implements Outcome {
        @Override
        public String toString() {
            return "unreachable (" + reason + ")";
        }
    }

    /** Somebody answered who is no Pod of the lab, e.g. a server of the node itself. */
    record Foreign(String line) implements Outcome {
        @Override
        public String toString() {
            return "an answer of somebody else: '" + line.strip() + "'";
        }
    }
}
