<?php

# push server events of the "office" application
#
# written the way applications for server.php were written around 2017, and not changed since: it is the sample that
# shows that such a file runs on the extension as it is (tests/interop/test_office.py)
#
# browser to server, json with "operation":
#   doc_lock, doc_unlock    doc_id             one user at a time edits a document
#   room_join, room_leave   room
#   room_say                room, text
#   report                  doc_id             starts a program, its output goes to the user who asked
# web application to server, through the named pipe:
#   user_notify             username, text     to all browsers of one user
#   doc_saved               doc_id, username   to everybody
#   kick                    username
#   status                  file               writes who is online to a file
#   wsmanage commands       "quit"

#####################################################################################################

$users=array("tok-ann"=>"ann","tok-bob"=>"bob","tok-cat"=>"cat"); # the real application asks its database
$locks=array(); # doc_id => client_key
$rooms=array(); # room => array of client keys
$stats=array("messages"=>0,"reports"=>0,"loops"=>0);

#####################################################################################################

function ws_server_initialize()
{
  global $templates;
  $templates=load_files(OFFICE_TEMPLATES_PATH,"","txt");
}

#####################################################################################################

function ws_server_started(&$server,&$sockets,&$connections)
{
  show_message(template_fill("started",array("name"=>stream_socket_get_name($server,False),"sockets"=>count($sockets))),True);
}

#####################################################################################################

function ws_server_authenticate(&$connection,$cookies,$user_agent,$remote_address)
{
  global $users;
  $cookies=explode(";",$cookies);
  for ($i=0;$i<count($cookies);$i++)
  {
    $parts=explode("=",trim($cookies[$i]));
    if (($parts[0]=="login") and (isset($parts[1])==True))
    {
      $token=explode(".",$parts[1]);
      if (isset($users[$token[0]])==True)
      {
        $connection["username"]=$users[$token[0]];
        $connection["remote_address"]=$remote_address;
        $connection["docs"]=array();
        return True;
      }
    }
  }
  return False;
}

#####################################################################################################

function ws_server_open(&$connections,&$connection,$client_key)
{
  $params=array();
  $params["operation"]="welcome";
  $params["client_key"]=$client_key;
  $params["text"]=template_fill("welcome",array("username"=>$connection["username"]));
  $params["locks"]=office_lock_list();
  send_text($client_key,json_encode($params));
  office_broadcast_users($connections);
}

#####################################################################################################

function ws_server_text(&$connections,&$connection,$client_key,$msg)
{
  global $stats;
  $stats["messages"]++;
  $data=json_decode($msg,True);
  if (isset($data["operation"])==False)
  {
    office_reply($client_key,"error",array("text"=>"what?"));
    return;
  }
  switch ($data["operation"])
  {
    case "doc_lock":
      office_lock($connection,$client_key,$data["doc_id"]);
      return;
    case "doc_unlock":
      office_unlock($connection,$client_key,$data["doc_id"]);
      return;
    case "room_join":
      office_join($client_key,$data["room"]);
      return;
    case "room_leave":
      office_leave($client_key,$data["room"]);
      return;
    case "room_say":
      office_say($connection,$client_key,$data["room"],$data["text"]);
      return;
    case "report":
      $stats["reports"]++;
      start_process("sh",array(OFFICE_REPORT_PROGRAM,$data["doc_id"]),10,$connection,$client_key);
      return;
  }
  office_reply($client_key,"error",array("text"=>"unknown operation ".$data["operation"]));
}

#####################################################################################################

function ws_server_fifo(&$server,&$sockets,&$connections,&$data)
{
  global $stats;
  if ($data=="quit")
  {
    foreach ($sockets as $key => $socket)
    {
      if ($sockets[$key]!==$server)
      {
        close_client($key,1001,"see you tomorrow");
      }
    }
    return;
  }
  $params=json_decode($data,True);
  switch ($params["operation"])
  {
    case "user_notify":
      foreach ($connections as $key => $conn)
      {
        if ((isset($conn["username"])==True) and ($conn["username"]==$params["username"]))
        {
          send_text($key,json_encode(array("operation"=>"notify","text"=>$params["text"])));
        }
      }
      break;
    case "doc_saved":
      broadcast_to_all(json_encode($params));
      break;
    case "kick":
      foreach ($connections as $key => $conn)
      {
        if ((isset($conn["username"])==True) and ($conn["username"]==$params["username"]))
        {
          close_client($key,4001,"kicked");
        }
      }
      break;
    case "status":
      $status=array("clients"=>count($sockets)-1,"users"=>office_users($connections),"locks"=>office_lock_list(),"stats"=>$stats);
      file_put_contents($params["file"].".tmp",json_encode($status));
      rename($params["file"].".tmp",$params["file"]);
      break;
  }
}

#####################################################################################################

function ws_server_loop(&$server,&$sockets,&$connections)
{
  global $stats;
  $stats["loops"]++;
}

#####################################################################################################

function ws_server_before_close(&$connections,&$connection)
{
  if (isset($connection["docs"])==False)
  {
    return; # refused
  }
  foreach ($connection["docs"] as $doc_id => $dummy)
  {
    office_free($doc_id,$connection["username"]);
  }
  $connection["docs"]=array();
}

#####################################################################################################

function ws_server_after_close(&$connections)
{
  global $rooms;
  foreach ($rooms as $room => $keys)
  {
    foreach ($keys as $index => $key)
    {
      if (isset($connections[$key])==False)
      {
        unset($rooms[$room][$index]);
      }
    }
  }
  office_broadcast_users($connections);
}

#####################################################################################################

function ws_process_stdout(&$handle,$line)
{
  office_reply($handle["client_key"],"report",array("line"=>trim($line)));
}

#####################################################################################################

function ws_process_eof(&$handle)
{
  $handle["connection"]["last_report"]=$handle["args"][1];
  office_reply($handle["client_key"],"report_done",array("doc_id"=>$handle["args"][1]));
}

#####################################################################################################

function ws_server_shutdown(&$server,&$sockets,&$connections)
{
  global $shutdown_flag;
  show_message("office is closing: ".count($connections)." connections, flag ".var_dump_to_str($shutdown_flag));
}

#####################################################################################################

function ws_server_finalize()
{
  show_message("office is closed");
}

#####################################################################################################

function office_reply($client_key,$operation,$params)
{
  $params["operation"]=$operation;
  # the long way, as the server did it itself
  do_reply($client_key,encode_text_data_frame(json_encode($params)));
}

#####################################################################################################

function office_users($connections)
{
  $result=array();
  foreach ($connections as $key => $conn)
  {
    if ($conn["state"]=="OPEN")
    {
      $result[$conn["username"]]=True;
    }
  }
  ksort($result);
  return array_keys($result);
}

#####################################################################################################

function office_broadcast_users($connections)
{
  global $last_users;
  $users=office_users($connections);
  if ($users===$last_users)
  {
    return;
  }
  $last_users=$users;
  broadcast_to_all(json_encode(array("operation"=>"users","users"=>$users)));
}

#####################################################################################################

function office_lock_list()
{
  global $locks;
  global $connections;
  $result=array();
  foreach ($locks as $doc_id => $key)
  {
    $result[$doc_id]=$connections[$key]["username"];
  }
  return $result;
}

#####################################################################################################

function office_lock(&$connection,$client_key,$doc_id)
{
  global $locks;
  global $connections;
  if (isset($locks[$doc_id])==True)
  {
    $owner=$connections[$locks[$doc_id]]["username"];
    office_reply($client_key,"doc_locked",array("doc_id"=>$doc_id,"username"=>$owner,"result"=>"DENIED"));
    return;
  }
  $locks[$doc_id]=$client_key;
  $connection["docs"][$doc_id]=True;
  office_reply($client_key,"doc_locked",array("doc_id"=>$doc_id,"username"=>$connection["username"],"result"=>"OK"));
}

#####################################################################################################

function office_unlock(&$connection,$client_key,$doc_id)
{
  if (isset($connection["docs"][$doc_id])==False)
  {
    office_reply($client_key,"error",array("text"=>"not your lock"));
    return;
  }
  unset($connection["docs"][$doc_id]);
  office_free($doc_id,$connection["username"]);
}

#####################################################################################################

function office_free($doc_id,$username)
{
  global $locks;
  unset($locks[$doc_id]);
  broadcast_to_all(json_encode(array("operation"=>"doc_unlocked","doc_id"=>$doc_id,"username"=>$username)));
}

#####################################################################################################

function office_join($client_key,$room)
{
  global $rooms;
  $rooms[$room][]=$client_key;
  office_reply($client_key,"room_joined",array("room"=>$room,"count"=>count($rooms[$room])));
}

#####################################################################################################

function office_leave($client_key,$room)
{
  global $rooms;
  $index=array_search($client_key,$rooms[$room]);
  if ($index!==False)
  {
    unset($rooms[$room][$index]);
  }
  office_reply($client_key,"room_left",array("room"=>$room));
}

#####################################################################################################

function office_say(&$connection,$client_key,$room,$text)
{
  global $rooms;
  global $sockets;
  if (in_array($client_key,$rooms[$room])==False)
  {
    office_reply($client_key,"error",array("text"=>"not in room"));
    return;
  }
  $msg=json_encode(array("operation"=>"room_said","room"=>$room,"username"=>$connection["username"],"text"=>$text));
  foreach ($rooms[$room] as $key)
  {
    if ($key<>$client_key)
    {
      fwrite($sockets[$key],encode_text_data_frame($msg)); # straight to the socket
    }
  }
}

#####################################################################################################
