// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.iptables.RuleLine;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Reads one rule back from its text, and refuses whatever would not be printed in the same way. */
final class RuleParser {
    private final String text;
    private final List<String> words;
    private int at;

    RuleParser(String text) {
        this.text = text;
        words = RuleLine.words(text);
    }

    Rule parse() {
        try {
            return rule();
        } catch (IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("not a rule that is written here: " + text, e);
        }
    }

    private Rule rule() {
        RuleBuilder rule = RuleBuilder.rule();
        Target target = Target.Standard.CONTINUE;
        while (at < words.size()) {
            if (words.get(at).equals("-j")) {
                at++;
                target = target();
                break;
            }
            rule.match(match());
        }
        Rule parsed = rule.target(target);
        if (at < words.size() || !parsed.text().equals(text)) {
            throw unknown("the order or spelling");
        }
        return parsed;
    }

    private Match match() {
        boolean negated = negation();
        String option = next();
        return switch (option) {
            case "-s" -> new Match.Source(Cidr.of(next()), negated);
            case "-d" -> new Match.Destination(Cidr.of(next()), negated);
            case "-i" -> new Match.InInterface(next(), negated);
            case "-p" -> new Match.OfProtocol(protocol(next()));
            case "-m" -> module(next());
            default -> throw unknown(option);
        };
    }

    private Match module(String module) {
        return switch (module) {
            case "comment" -> new Match.Comment(argument("--comment"));
            case "addrtype" -> localAddress();
            case "mark" -> marked();
            case "conntrack" -> inState();
            case "statistic" -> oneIn();
            case "recent" -> recent();
            case "set" -> sourceRemembered();
            case "nfacct" -> new Match.Counted(argument("--nfacct-name"));
            case "time" -> until(argument("--datestop"));
            case "tcp", "udp", "sctp" -> transport(protocol(module));
            default -> throw unknown("match " + module);
        };
    }

    private Match localAddress() {
        Side side = words.subList(at, words.size()).indexOf("--src-type") == 0 ? Side.SOURCE : Side.DESTINATION;
        expect("--" + side.word() + "-type");
        expect("LOCAL");
        return new Match.LocalAddress(side);
    }

    private Match marked() {
        boolean negated = negation();
        String argument = argument("--mark");
        int bits = hex(argument.substring(argument.indexOf('/') + 1));
        if (Integer.bitCount(bits) != 1) {
            throw unknown("mark " + argument);
        }
        return new Match.Marked(new PacketMark(Integer.numberOfTrailingZeros(bits)), negated);
    }

    private Match inState() {
        boolean negated = negation();
        Set<ConnectionState> states = EnumSet.noneOf(ConnectionState.class);
        for (String state : argument("--ctstate").split(",", -1)) {
            states.add(ConnectionState.valueOf(state));
        }
        return new Match.InState(states, negated);
    }

    private Match oneIn() {
        expect("--mode");
        expect("random");
        return new Match.OneIn((int) Math.round(1 / Double.parseDouble(argument("--probability"))));
    }

    private Match recent() {
        if (isNext("--set")) {
            return new Match.RememberSource(argument("--name"), recentFamily());
        }
        expect("--rcheck");
        int seconds = Integer.parseInt(argument("--seconds"));
        expect("--reap");
        return new Match.SourceSeen(argument("--name"), seconds, recentFamily());
    }

    private Match sourceRemembered() {
        String set = argument("--match-set");
        expect("src");
        return new Match.SourceRemembered(set);
    }

    private Target rememberSource() {
        String set = argument("--add-set");
        expect("src");
        expect("--exist");
        return new Target.RememberSource(set, Integer.parseInt(argument("--timeout")));
    }

    private IpFamily recentFamily() {
        IpFamily family = IpAddress.of(argument("--mask")).family();
        expect("--rsource");
        return family;
    }

    private Match until(String end) {
        try {
            return new Match.Until(LocalDateTime.parse(end).toInstant(ZoneOffset.UTC));
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("not a time: " + end, e);
        }
    }

    private Match transport(Protocol protocol) {
        Match.Transport any = Match.Transport.of(protocol);
        int first = any.first();
        int last = any.last();
        if (isNext("--dport")) {
            String[] ports = next().split(":", 2);
            first = Integer.parseInt(ports[0]);
            last = Integer.parseInt(ports[ports.length - 1]);
        }
        boolean opening = isNext("--tcp-flags");
        if (opening) {
            expect("FIN,SYN,RST,ACK");
            expect("SYN");
        }
        return new Match.Transport(protocol, first, last, opening);
    }

    private Target target() {
        String name = next();
        return switch (name) {
            case "ACCEPT" -> Target.Standard.ACCEPT;
            case "DROP" -> Target.Standard.DROP;
            case "RETURN" -> Target.Standard.RETURN;
            case "REJECT" -> reject(argument("--reject-with"));
            case "DNAT" -> dnat(argument("--to-destination"));
            case "MASQUERADE" -> new Target.Masquerade(isNext("--random-fully"));
            case "SET" -> rememberSource();
            case "MARK" -> setMark(argument("--set-xmark"));
            default -> new Target.Jump(name);
        };
    }

    private Target reject(String with) {
        for (Target.Reject reject : Target.Reject.values()) {
            if (reject.with().equals(with)) {
                return reject;
            }
        }
        throw unknown("reject with " + with);
    }

    private static Target dnat(String destination) {
        int colon = destination.lastIndexOf(':');
        String address = destination.substring(0, colon).replace("[", "").replace("]", "");
        return new Target.Dnat(IpAddress.of(address), Integer.parseInt(destination.substring(colon + 1)));
    }

    private static Target setMark(String argument) {
        int slash = argument.indexOf('/');
        return new Target.SetMark(hex(argument.substring(0, slash)), hex(argument.substring(slash + 1)));
    }

    private static int hex(String text) {
        return Integer.parseUnsignedInt(text, 2, text.length(), 16);
    }

    private static Protocol protocol(String name) {
        return Protocol.valueOf(name.toUpperCase(Locale.ROOT));
    }

    private boolean negation() {
        return isNext("!");
    }

    private boolean isNext(String word) {
        boolean found = at < words.size() && words.get(at).equals(word);
        at += found ? 1 : 0;
        return found;
    }

    private String argument(String option) {
        expect(option);
        return next();
    }

    private void expect(String word) {
        if (!isNext(word)) {
            throw unknown(at < words.size() ? words.get(at) : "the end");
        }
    }

    private String next() {
        if (at == words.size()) {
            throw unknown("the end");
        }
        return words.get(at++);
    }

    private IllegalArgumentException unknown(String what) {
        return new IllegalArgumentException("not a rule that is written here, because of " + what + ": " + text);
    }
}
