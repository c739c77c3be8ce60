// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.rules;

import static dev.sluice.linux.rules.RuleBuilder.rule;

import dev.sluice.linux.rules.ConnectionState;
import dev.sluice.linux.rules.Rule;
import dev.sluice.linux.rules.RuleBuilder;
import dev.sluice.linux.rules.RuleTable;
import dev.sluice.linux.rules.Target;
import dev.sluice.userspace.config.ProxyMark;

/**
 * The mangle table: leads what endpoints answer to connections that have the client's address as their source back to
 * the proxy. Conntrack tells cheaply which packets may be such answers; whether the socket is open decides for those
 * that arrive. Answers of a process on the node do not arrive; they are led back on their way out.
 */
public final class ClientSourceRules {
    static final String SENT = "SLUICE-SENT";
    static final String ANSWERS = "SLUICE-ANSWERS";

    private ClientSourceRules() {}

    /** The rules, the same in both families. */
    public static RuleTable mangle() {
        Rule lead = rule().target(new Target.SetMark(ProxyMark.ANSWER, ProxyMark.MASK));
        return RuleTable.of("mangle")
                .chain(
                        SENT,
                        rule().state(ConnectionState.NEW).target(new Target.SetConnectionMark(ProxyMark.CLIENT)),
                        // the client itself has this very connection to the endpoint, past the proxy
                        rule().connectionNotMarked(ProxyMark.CLIENT).drop())
                .chain(ANSWERS, lead)
                .jump("OUTPUT", answer("sluice answers of this node").jump(ANSWERS))
                .jump(
                        "OUTPUT",
                        rule().marked(ProxyMark.SENT)
                                .marked(ProxyMark.CLIENT)
                                .comment("sluice connections of clients")
                                .jump(SENT))
                .jump(
                        "PREROUTING",
                        answer("sluice answers").forTransparentSocket().jump(ANSWERS))
                .build();
    }

    private static RuleBuilder answer(String comment) {
        return rule().connectionMarked(ProxyMark.CLIENT).inReply().comment(comment);
    }
}
