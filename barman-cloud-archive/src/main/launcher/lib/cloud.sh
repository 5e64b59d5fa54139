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
# These should come soon: until then a record of TLS takes a hundred times as long.
soon='-XX:CompileCommand=quiet -XX:CompileCommand=CompileThresholdScaling,sun.security.provider.*::*,0.01'
soon="$soon -XX:CompileCommand=CompileThresholdScaling,com.sun.crypto.provider.*::*,0.01"
patient="$patient $soon"
# What a training run told the second compiler of Java 25 about checksums makes each of them several times as slow.
patient="$patient -XX:+UnlockDiagnosticVMOptions -XX:-AOTReplayTraining"
# Java keeps five that are not in use at the moment, and many parts may end at once.
connections='-Dhttp.maxConnections=32'
# Buffers for parts of archives, which are too large for the young generation, in a heap that need not grow for them. Where the user says how
# large it may become, it may be less than that.
buffers='-Xms144m -Xmn10m -Xmx1g'
case " $BARMAN_JAVA_OPTS" in *' -Xmx'*) buffers='-Xmn10m' ;; esac
# Where nothing is encrypted, the second compiler takes a quarter of the processor time of a command for one file, and of a backup, for nothing: MD5 of
# one file is done before it would be of help, and parts of backups that do not leave this machine have checksums that Java has ready. Some
# compressions are programs in Java.
second=1
case $main:"$* $AWS_ENDPOINT_URL_S3 $AWS_ENDPOINT_URL" in
    *https://* | *gs://* | *google-cloud*) ;;
    CloudBackupMain:*http://localhost* | CloudBackupMain:*http://127.* | CloudBackupMain:*http://'[::1]'*)
        second=$AWS_REQUEST_CHECKSUM_CALCULATION$http_proxy$HTTP_PROXY
        ;;
    CloudBackupMain:*) ;;
    *http://*) second='' ;;
esac
case $main:" $*" in
    CloudRestoreMain:* | CloudWalRestoreMain:*) ;;
    *' -j'* | *' --b'* | *' --x'* | *' --sn'*) second=1 ;;
esac
case $main in
    # Segments in memory, several at a time: too large for the young generation, so that none is copied, and a heap that need not grow
    # for them.
    CloudWalArchiveMain)
        classes=wal direction=archive heap='-Xms96m -Xmn14m -Xmx1g'
        case " $*" in
            *' --parallel'*) heap="-Xms320m -Xmn14m -Xmx1g $patient" ;;
            *) [ -z "$second" ] || heap="$heap $patient" ;;
        esac
        ;;
    CloudWalRestoreMain)
        classes=wal direction=restore failure=126 heap='-Xms16m -Xmx512m'
        [ -z "$second" ] || heap="$heap -XX:TieredStopAtLevel=4 $soon"
        ;;
    CloudBackupMain)
        heap="$buffers $connections"
        [ -z "$second" ] || heap="$heap $patient"
        ;;
    CloudRestoreMain)
        heap="$buffers $connections"
        [ -z "$second" ] || heap="$heap $patient"
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
