package dev.sluice.iptables.explain;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.iptables.RuleLine;
import java.util.Arrays;
import java.util.List;

/**
 * One rule, read back from its text far enough to say whether a packet matches: every match that this mode writes.
 *
 * @param probability of a match, given that all else matches
 * @param target the arguments after {@code -j}; empty when the rule has none
 */
public record WalkedRule(String text, double probability, List<String> words, List<String> target) {

    public static WalkedRule read(String text) {
        List<String> words = RuleLine.words(text);
        int jump = words.indexOf("-j");
        List<String> matches = jump < 0 ? words : words.subList(0, jump);
        int chance = matches.indexOf("--probability");
        double probability = chance < 0 ? 1 : Double.parseDouble(matches.get(chance + 1));
        return new WalkedRule(text, probability, matches, jump < 0 ? List.of() : words.subList(jump + 1, words.size()));
    }

    public boolean matches(Flow flow) {
        for (int i = 0; i < words.size(); i++) {
            boolean negated = i > 0 && words.get(i - 1).equals("!");
            String argument = i + 1 < words.size() ? words.get(i + 1) : "";
            if (words.get(i).equals("--comment")) {
                i++; // its text may look like an option
            } else if (holds(words.get(i), argument, flow) == negated && isCondition(words.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isCondition(String word) {
        return switch (word) {
            case "-s", "-d", "-i", "-p", "--dport", "--dst-type", "--src-type", "--mark", "--ctstate", "--rcheck" ->
                true;
            default -> false;
        };
    }

    private static boolean holds(String option, String argument, Flow flow) {
        return switch (option) {
            case "-s" -> Cidr.of(argument).contains(flow.packet().source());
            case "-d" -> Cidr.of(argument).contains(flow.destination());
            case "-i" -> matchesInterface(argument, flow.packet().inInterface());
            case "-p" -> flow.packet().protocol().lowerCase().equals(argument);
            case "--dport" -> matchesPort(argument, flow.port());
            case "--dst-type" -> flow.isLocal(flow.destination());
            case "--src-type" -> flow.isLocal(flow.packet().source());
            case "--mark" -> matchesMark(argument, flow.mark());
            case "--ctstate" -> Arrays.stream(argument.split(",", -1)).anyMatch(flow.states()::contains);
            // --rcheck asks for a client that was here before; this one is new
            default -> false;
        };
    }

    private static boolean matchesPort(String portOrRange, int port) {
        int colon = portOrRange.indexOf(':');
        return colon < 0
                ? port == Integer.parseInt(portOrRange)
                : port >= Integer.parseInt(portOrRange.substring(0, colon))
                        && port <= Integer.parseInt(portOrRange.substring(colon + 1));
    }

    private static boolean matchesInterface(String pattern, String name) {
        return pattern.endsWith("+")
                ? name.startsWith(pattern.substring(0, pattern.length() - 1))
                : name.equals(pattern);
    }

    private static boolean matchesMark(String valueAndMask, int mark) {
        int slash = valueAndMask.indexOf('/');
        int mask = Integer.parseUnsignedInt(valueAndMask, slash + 3, valueAndMask.length(), 16);
        return (mark & mask) == Integer.parseUnsignedInt(valueAndMask, 2, slash, 16);
    }

    /** The mark after {@code MARK --set-xmark value/mask}: the bits of mask are cleared, then those of value flipped. */
    int mark(int before) {
        String argument = target.get(2);
        int slash = argument.indexOf('/');
        int mask = Integer.parseUnsignedInt(argument, slash + 3, argument.length(), 16);
        return before & ~mask ^ Integer.parseUnsignedInt(argument, 2, slash, 16);
    }

    /** Sends the packet where {@code DNAT --to-destination ip:port} says. */
    Flow rewrite(Flow flow) {
        String argument = target.get(2);
        int colon = argument.lastIndexOf(':');
        String address = argument.substring(0, colon).replace("[", "").replace("]", "");
        return flow.to(IpAddress.of(address), Integer.parseInt(argument.substring(colon + 1)));
    }
}
