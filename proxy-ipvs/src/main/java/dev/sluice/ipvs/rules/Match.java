package dev.sluice.ipvs.rules;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.iptables.PacketMark;
import dev.sluice.linux.iptables.RuleText;
import dev.sluice.linux.ipvs.ServiceKey;

/** A condition of a rule, as data: it is written out for iptables, and asked by the trace. */
public sealed interface Match {
    /** The words of iptables-save. */
    String text(IpFamily family);

    /** The packet comes from {@code range}, or with {@code inverted} from elsewhere. */
    record Source(Cidr range, boolean inverted) implements Match {
        @Override
        public String text(IpFamily family) {
            return (inverted ? "! " : "") + "-s " + range;
        }
    }

    /** It came in through {@code name} (a final + stands for any ending), or with {@code inverted} it did not. */
    record InInterface(String name, boolean inverted) implements Match {
        @Override
        public String text(IpFamily family) {
            return (inverted ? "! " : "") + "-i " + name;
        }
    }

    record OfProtocol(Protocol protocol) implements Match {
        @Override
        public String text(IpFamily family) {
            return "-p " + protocol.lowerCase();
        }
    }

    /** Matches everything. */
    record Comment(String comment) implements Match {
        @Override
        public String text(IpFamily family) {
            return RuleText.comment(comment);
        }
    }

    /** The fields that {@code directions} name are an element of {@code set}. */
    record InSet(KubeSet set, String directions) implements Match {
        @Override
        public String text(IpFamily family) {
            return "-m set --match-set " + set.nameIn(family) + " " + directions;
        }
    }

    /** The fields that {@code directions} name are no element of {@code set}. */
    record NotInSet(KubeSet set, String directions) implements Match {
        @Override
        public String text(IpFamily family) {
            return "-m set ! --match-set " + set.nameIn(family) + " " + directions;
        }
    }

    /** The packet goes to that address and port. */
    record Destination(ServiceKey key) implements Match {
        @Override
        public String text(IpFamily family) {
            String protocol = key.protocol().lowerCase();
            return "-d " + Cidr.host(key.address()) + " -p " + protocol + " -m " + protocol + " --dport " + key.port();
        }
    }

    /** The source or destination is an address of the node, those on the dummy device included. */
    record Local(boolean source) implements Match {
        @Override
        public String text(IpFamily family) {
            return "-m addrtype " + (source ? "--src-type" : "--dst-type") + " LOCAL";
        }
    }

    /** The packet carries the mark, or with {@code inverted} it does not. */
    record Marked(PacketMark mark, boolean inverted) implements Match {
        @Override
        public String text(IpFamily family) {
            return inverted ? mark.isNotSet() : mark.isSet();
        }
    }

    /** The connection is new, or with {@code established} it or the one it belongs to is known. */
    record State(boolean established) implements Match {
        @Override
        public String text(IpFamily family) {
            return "-m conntrack --ctstate " + (established ? "RELATED,ESTABLISHED" : "NEW");
        }
    }
}
