// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

/** The names of a protocol's messages and attributes, for the trace of messages. */
public interface WireNames {

    /** No names: everything is printed by number. */
    WireNames NONE = new WireNames() {
        @Override
        public String message(Message message) {
            return "type " + message.type();
        }

        @Override
        public int headerLength(Message message) {
            return 0;
        }

        @Override
        public AttributeNames attributes(Message message) {
            return AttributeNames.NONE;
        }
    };

    /** The name of the message, e.g. {@code RTM_NEWADDR}. */
    String message(Message message);

    /** The length of the fixed header before the attributes. */
    int headerLength(Message message);

    AttributeNames attributes(Message message);
}
