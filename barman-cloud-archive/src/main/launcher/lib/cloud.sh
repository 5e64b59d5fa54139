# SPDX-License-Identifier: Apache-2.0
# Sourced by the commands, which set: self (the path of the command, links resolved) and main (the class without its package), and
# gave us the words of the command line. Knows how each class is run; never returns.

case $self in */*) libs=${self%/*}/../lib ;; *) libs=../lib ;; esac
case $main in
    CloudWalArchiveMain)
        . "$libs/record.sh"
        . "$libs/recorded.sh"
        recorded "$@"
        ;;
esac
# The commands for WAL get along with few jars, for a quick start.
jar=barman-cloud-archive.jar classes=backup failure=4
# Checksums and TLS are what most of the time goes to where it is not the network's, and only the second compiler knows the processor's
# instructions for them. Nothing else runs often enough to be worth its time, nor that of the first.
patient='-XX:TieredStopAtLevel=4'
patient="$patient -XX:Tier3InvocationThreshold=400 -XX:Tier3MinInvocationThreshold=200 -XX:Tier3CompileThreshold=4000"
patient="$patient -XX:Tier3BackEdgeThreshold=120000 -XX:Tier4InvocationThreshold=30000 -XX:Tier4MinInvocationThreshold=20000"
patient="$patient -XX:Tier4CompileThreshold=40000 -XX:Tier4BackEdgeThreshold=400000"
# What a training run told the second compiler of Java 25 about checksums makes each of them several times as slow.
patient="$patient -XX:+UnlockDiagnosticVMOptions -XX:-AOTReplayTraining"
# Java keeps five that are not in use at the moment, and many parts may end at once.
connections='-Dhttp.maxConnections=32'
# Buffers for parts of archives, which are too large for the young generation, in a heap that need not grow for them. Where the user says how
# large it may become, it may be less than that.
buffers='-Xms144m -Xmn10m -Xmx1g'
case " $BARMAN_JAVA_OPTS" in *' -Xmx'*) buffers='-Xmn10m' ;; esac
case $main in
    # Segments in memory, several at a time: too large for the young generation, so that none is copied, and a heap that need not grow
    # for them.
    CloudWalArchiveMain)
        classes=wal direction=archive heap="-Xms96m -Xmn14m -Xmx1g $patient"
        case " $*" in *' --parallel'*) heap="-Xms320m -Xmn14m -Xmx1g $patient" ;; esac
        ;;
    CloudWalRestoreMain) classes=wal direction=restore failure=126 heap='-Xms16m -Xmx512m -XX:TieredStopAtLevel=4' ;;
    CloudBackupMain) heap="$buffers $patient $connections" ;;
    CloudRestoreMain)
        heap="$buffers $connections"
        # Without TLS there is nothing left that the second compiler does better.
        case "$* $AWS_ENDPOINT_URL_S3 $AWS_ENDPOINT_URL" in
            *http://*) ;;
            *) heap="$heap $patient" ;;
        esac
        ;;
    *) heap='-Xms16m -Xmx256m' ;;
esac
. "$libs/launch.sh"
case $classes in
    wal)
        . "$lib/client.sh"
        main=dev.barman.cloudarchive.$main
        client "$@"
        ;;
    *)
        run=exec
        launch "dev.barman.cloudarchive.$main" "$@"
        ;;
esac
