// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

/** A change of the kernel's IPVS tables; prints with the kernel's name of the command. */
public sealed interface IpvsCommand {

    /** The virtual server that is changed, or whose real server is. */
    VirtualServerKey virtualServer();

    /** EEXIST when it exists; ENOENT when the scheduler is unknown and no module provides it. */
    record AddVirtualServer(VirtualServer server) implements IpvsCommand {
        @Override
        public VirtualServerKey virtualServer() {
            return server.key();
        }

        @Override
        public String toString() {
            return "NEW_SERVICE " + server.key() + " " + server.scheduler();
        }
    }

    /** Changes scheduler, flags and time-out; connections survive. ESRCH when it does not exist. */
    record EditVirtualServer(VirtualServer server) implements IpvsCommand {
        @Override
        public VirtualServerKey virtualServer() {
            return server.key();
        }

        @Override
        public String toString() {
            return "SET_SERVICE " + server.key() + " " + server.scheduler();
        }
    }

    /** Deletes its real servers too. ESRCH when it does not exist. */
    record DeleteVirtualServer(VirtualServerKey virtualServer) implements IpvsCommand {
        @Override
        public String toString() {
            return "DEL_SERVICE " + virtualServer;
        }
    }

    /** ESRCH without the virtual server, EEXIST when the real server exists. */
    record AddRealServer(VirtualServerKey virtualServer, RealServer server) implements IpvsCommand {
        @Override
        public String toString() {
            return "NEW_DEST " + virtualServer + " -> " + server.socketAddress() + " weight " + server.weight();
        }
    }

    /** ESRCH without the virtual server, ENOENT without the real server. */
    record EditRealServer(VirtualServerKey virtualServer, RealServer server) implements IpvsCommand {
        @Override
        public String toString() {
            return "SET_DEST " + virtualServer + " -> " + server.socketAddress() + " weight " + server.weight();
        }
    }

    /** ESRCH without the virtual server, ENOENT without the real server. */
    record DeleteRealServer(VirtualServerKey virtualServer, RealServer server) implements IpvsCommand {
        @Override
        public String toString() {
            return "DEL_DEST " + virtualServer + " -> " + server.socketAddress();
        }
    }
}
