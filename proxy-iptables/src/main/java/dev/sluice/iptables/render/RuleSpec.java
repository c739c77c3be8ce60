package dev.sluice.iptables.render;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.iptables.RuleText;
import org.jspecify.annotations.Nullable;

/**
 * Writes one rule in the form in which {@code iptables-save} prints it (1.8.9, the nft and the legacy variant agree), so
 * that what is wanted and what is in force compare as text: addresses with prefix length, then interface and protocol,
 * then the matches in the order in which they were added, then the target.
 */
public final class RuleSpec {
    private String source = "";
    private String destination = "";
    private String inInterface = "";
    private @Nullable Protocol protocol;
    private String matches = "";

    public static RuleSpec rule() {
        return new RuleSpec();
    }

    public RuleSpec from(Cidr cidr) {
        source = RuleText.source(cidr);
        return this;
    }

    public RuleSpec from(IpAddress address) {
        return from(Cidr.host(address));
    }

    public RuleSpec notFrom(Cidr cidr) {
        source = "! -s " + cidr;
        return this;
    }

    public RuleSpec to(Cidr cidr) {
        destination = RuleText.destination(cidr);
        return this;
    }

    public RuleSpec to(IpAddress address) {
        return to(Cidr.host(address));
    }

    public RuleSpec notTo(Cidr cidr) {
        destination = "! -d " + cidr;
        return this;
    }

    /** @param name an interface, or a prefix of names followed by {@code +} */
    public RuleSpec in(String name) {
        inInterface = "-i " + name;
        return this;
    }

    public RuleSpec notIn(String name) {
        inInterface = "! -i " + name;
        return this;
    }

    public RuleSpec comment(String text) {
        return match(RuleText.comment(text));
    }

    public RuleSpec match(String text) {
        matches = RuleText.join(matches, text);
        return this;
    }

    public RuleSpec toLocalAddress() {
        return match("-m addrtype --dst-type LOCAL");
    }

    public RuleSpec fromLocalAddress() {
        return match("-m addrtype --src-type LOCAL");
    }

    public RuleSpec protocol(Protocol value) {
        protocol = value;
        return match("-m " + value.lowerCase());
    }

    public RuleSpec port(Protocol value, int port) {
        protocol(value);
        return match("--dport " + port);
    }

    /** Matches one packet in {@code n}. */
    public RuleSpec oneIn(int n) {
        return match(RuleText.oneIn(n));
    }

    /** @param operation {@code --set} or {@code --rcheck --seconds N --reap} */
    public RuleSpec recent(IpFamily family, String operation, String list) {
        String mask = family == IpFamily.IPV4 ? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        return match("-m recent " + operation + " --name " + list + " --mask " + mask + " --rsource");
    }

    /** The finished rule, with a chain or a target and its options. */
    public String jump(String target) {
        return RuleText.join(noTarget(), "-j " + target);
    }

    /** The finished rule, with no target: it only says something. */
    public String noTarget() {
        String proto = protocol == null ? "" : "-p " + protocol.lowerCase();
        return RuleText.join(source, destination, inInterface, proto, matches);
    }
}
