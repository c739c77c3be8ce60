package dev.sluice.linux.nfacct;

import dev.sluice.linux.netlink.AttributeNames;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.WireNames;
import java.util.List;

/** Numbers and names of nfacct (include/uapi/linux/netfilter/nfnetlink_acct.h). */
final class AcctProtocol implements WireNames {
    /** {@code struct nfgenmsg}: family, version, resource 16. */
    static final int HEADER = 4;

    static final int NEW = 0;
    static final int GET = 1;
    static final int DELETE = 3;

    static final int NAME = 1;
    static final int PACKETS = 2;
    static final int BYTES = 3;

    private static final int SUBSYSTEM = 7;
    private static final List<String> COMMANDS = List.of("NEW", "GET", "GET_CTRZERO", "DEL", "OVERQUOTA");
    private static final AttributeNames ATTRIBUTES =
            AttributeNames.of("NAME", "PKTS", "BYTES", "USE", "FLAGS", "QUOTA", "FILTER", "PAD");

    static NetlinkRequest request(Object operation, int command, int flags, MessageWriter.Content attributes) {
        return new NetlinkRequest(operation, SUBSYSTEM << 8 | command, flags, out -> {
            out.u8(0).u8(0).u16(0);
            attributes.write(out);
        });
    }

    @Override
    public String message(Message message) {
        int command = message.type() & 0xff;
        return "ACCT_" + (command < COMMANDS.size() ? COMMANDS.get(command) : Integer.toString(command));
    }

    @Override
    public int headerLength(Message message) {
        return HEADER;
    }

    @Override
    public AttributeNames attributes(Message message) {
        return ATTRIBUTES;
    }
}
